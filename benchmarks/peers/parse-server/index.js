// Parse Server below an application, as its documentation mounts it.
const express = require('express');
const { ParseServer } = require('parse-server');

const app = express();
const server = new ParseServer({
  databaseURI: 'mongodb://localhost:27017/dev',
  appId: 'app',
  masterKey: 'key',
  serverURL: 'http://localhost:1337/parse',
});

server.start().then(() => {
  app.use('/parse', server.app);
  app.listen(1337);
});
