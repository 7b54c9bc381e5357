const express = require('express');
const cors = require('cors');
const path = require('path');

const config = require('./config');
const store = require('./store');
const notes = require('./routes/notes');
const tags = require('./routes/tags');
const feedback = require('./routes/feedback');
const { notFound, handleErrors } = require('./middleware/errors');

const app = express();

app.use(cors());
app.use(express.json());

// Nobody asked for analytics, but everybody likes to see this number grow.
let pageViews = 0;

app.get('/', (req, res) => {
  pageViews += 1;
  res.json({ name: config.title, pageViews });
});

app.get('/stats', (req, res) => {
  res.json({ pageViews });
});

app.get('/health', (req, res) => {
  res.type('text/plain').send('ok');
});

// The first version of the mobile app still reads this one.
app.get('/list', (req, res) => {
  const lines = store.all().map((note) => `${note.id}. ${note.title}`);
  res.set('Cache-Control', 'no-store');
  res.type('text').send(lines.join('\n'));
});

app.use('/notes', notes);
app.use('/tags', tags);
app.use('/feedback', feedback);

app.get('/help', (req, res) => {
  res.sendFile(path.join(__dirname, 'public', 'help.html'));
});

app.use(notFound);
app.use(handleErrors);

module.exports = app;
