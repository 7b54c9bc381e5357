const express = require('express');

const store = require('../store');

const router = express.Router();

router.get('/', (req, res) => {
  const counts = {};
  for (const note of store.all()) {
    for (const tag of note.tags) {
      counts[tag] = (counts[tag] || 0) + 1;
    }
  }
  res.json(counts);
});

router.get('/:tag/notes', (req, res) => {
  const { tag } = req.params;
  const titles = store
    .all()
    .filter((note) => note.tags.includes(tag))
    .map((note) => note.title);
  res.json({ tag, titles });
});

module.exports = router;
