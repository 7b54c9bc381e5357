function notFound(req, res) {
  res.status(404).json({ error: `Cannot ${req.method} ${req.path}` });
}

// Express knows an error handler by its four arguments.
function handleErrors(err, req, res, next) {
  if (res.headersSent) {
    return next(err);
  }
  const status = err.status || 500;
  res.status(status).json({ error: status < 500 ? err.message : 'Something broke' });
}

module.exports = { notFound, handleErrors };
