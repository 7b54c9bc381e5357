// The peer: Express answering a constant JSON document; the folder of its package is the argument.
const { createRequire } = require('node:module');

const [, , folder, name] = process.argv;
const express = createRequire(`${folder}/`)(name);

const app = express();
app.get('/', (req, res) => {
  res.json({ hello: 'world' });
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
