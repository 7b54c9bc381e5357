const express = require('express');
const PouchDB = require('pouchdb');

const app = express();
app.use('/db', require('express-pouchdb')(PouchDB));
app.listen(3000);
