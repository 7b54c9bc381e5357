const express = require('express');

const config = require('../config');
const store = require('../store');
const { validateNote } = require('../middleware/validate');

const router = express.Router();

router.get('/', (req, res) => {
  const { tag } = req.query;
  const page = parseInt(req.query.page, 10) || 1;

  let found = store.all();
  if (tag) {
    found = found.filter((note) => note.tags.includes(tag));
  }

  const start = (page - 1) * config.pageSize;
  res.json({
    total: found.length,
    page,
    notes: found.slice(start, start + config.pageSize),
  });
});

router.get('/search', (req, res) => {
  const { q } = req.query;
  if (!q) {
    return res.status(400).json({ error: 'q is required' });
  }
  res.json(store.search(String(q)));
});

router.get('/:id', (req, res, next) => {
  const note = store.find(Number(req.params.id));
  if (!note) {
    return next();
  }
  res.json(note);
});

router.post('/', validateNote, (req, res) => {
  const note = store.add(req.body);
  res.status(201).location(`/notes/${note.id}`).json(note);
});

router.put('/:id', validateNote, (req, res) => {
  const note = store.find(Number(req.params.id));
  if (!note) {
    return res.status(404).json({ error: 'No such note' });
  }

  const { title, body, tags } = req.body;
  note.title = title;
  if (body !== undefined) {
    note.body = body;
  }
  if (tags !== undefined) {
    note.tags = tags;
  }
  res.json(note);
});

router.post('/:id/tags', (req, res) => {
  const note = store.find(Number(req.params.id));
  if (!note) {
    return res.status(404).json({ error: 'No such note' });
  }

  const { tag } = req.body;
  if (typeof tag !== 'string' || tag.trim() === '') {
    return res.status(400).json({ error: 'tag must be a non-empty string' });
  }
  if (!note.tags.includes(tag)) {
    note.tags.push(tag);
  }
  res.status(201).json(note.tags);
});

router.delete('/:id', (req, res) => {
  if (!store.remove(Number(req.params.id))) {
    return res.status(404).json({ error: 'No such note' });
  }
  res.sendStatus(204);
});

module.exports = router;
