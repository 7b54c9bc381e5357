// Preloaded: `require('express')` gives the pinned Express 4 of the folder that EXPRESS_FOLDER names.
const Module = require('module');
const path = require('path');

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  const known = path.join(process.env.EXPRESS_FOLDER, 'node_modules', 'express4');
  return resolve.call(this, request === 'express' ? known : request, ...rest);
};
