function validateNote(req, res, next) {
  const { title, tags } = req.body;
  if (typeof title !== 'string' || title.trim() === '') {
    return res.status(400).json({ error: 'title must be a non-empty string' });
  }
  if (tags !== undefined && !Array.isArray(tags)) {
    return res.status(400).json({ error: 'tags must be an array' });
  }
  next();
}

module.exports = { validateNote };
