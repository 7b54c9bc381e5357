const express = require('express');
const fs = require('fs');
const os = require('os');
const path = require('path');

const router = express.Router();

// Somebody reads this file on Mondays.
const FEEDBACK_FILE = path.join(os.tmpdir(), 'legacy-notes-feedback.txt');

router.post('/', (req, res, next) => {
  const { message } = req.body;
  if (!message) {
    return res.status(400).json({ error: 'message is required' });
  }
  fs.appendFile(FEEDBACK_FILE, `${message}\n`, (err) => {
    if (err) {
      return next(err);
    }
    res.status(202).json({ received: true });
  });
});

module.exports = router;
