const express = require('express');

const app = express();
app.use(express.json());

const notes = [];
let nextId = 1;

app.get('/notes/:id', (req, res) => {
  const note = notes.find((note) => note.id === Number(req.params.id));
  if (!note) {
    return res.status(404).json({ error: 'No such note' });
  }
  res.json(note);
});

app.post('/notes', (req, res) => {
  const note = { id: nextId++, title: req.body.title, body: req.body.body };
  notes.push(note);
  res.status(201).json(note);
});

app.put('/notes/:id', (req, res) => {
  const note = notes.find((note) => note.id === Number(req.params.id));
  if (!note) {
    return res.status(404).json({ error: 'No such note' });
  }
  note.title = req.body.title;
  note.body = req.body.body;
  res.json(note);
});

app.delete('/notes/:id', (req, res) => {
  const index = notes.findIndex((note) => note.id === Number(req.params.id));
  if (index === -1) {
    return res.status(404).json({ error: 'No such note' });
  }
  notes.splice(index, 1);
  res.status(204).end();
});

module.exports = app;
