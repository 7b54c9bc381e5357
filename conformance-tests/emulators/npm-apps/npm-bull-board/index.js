const express = require('express');
const { createBullBoard } = require('@bull-board/api');
const { ExpressAdapter } = require('@bull-board/express');

const serverAdapter = new ExpressAdapter();
serverAdapter.setBasePath('/q');
createBullBoard({ queues: [], serverAdapter });

const app = express();
app.use('/q', serverAdapter.getRouter());
app.listen(3000);
