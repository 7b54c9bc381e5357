// Makes any Express application startable behind the gateway, without a change to it.
//
// Loaded before the application (node --require, through NODE_OPTIONS). It
// - puts each HTTP server of the application on 127.0.0.1 and a free port, whatever the application asks for,
// - tells the gateway where that is,
// - serves an application that is exported but never listens, as serverless applications are,
// - ends the process when the gateway goes, also when the application is stuck in a loop.
//
// The gateway listens on the Unix socket that ISOBAR_SUPERVISOR names. One line of JSON says that a server is ready;
// the end of the connection says that the gateway is gone.
'use strict';

const http = require('http');
const https = require('https');
const Module = require('module');
const net = require('net');
const { pathToFileURL } = require('url');
const { isMainThread, Worker } = require('worker_threads');

const HOST = '127.0.0.1';

// How long an application that keeps its process alive may take to listen before its export is served instead.
const PATIENCE_MS = 5000;

const HTTP_EVENTS = ['request', 'upgrade', 'connect', 'checkContinue', 'checkExpectation'];

// A thread of its own: it notices the end of the gateway even when the application's thread is busy for good.
const WATCH = `
  const { parentPort, workerData } = require('worker_threads');
  const end = () => {
    process.kill(workerData.pid, 'SIGTERM');
    setTimeout(() => process.kill(workerData.pid, 'SIGKILL'), 1000);
  };
  const socket = require('net').connect(workerData.path);
  socket.on('error', () => {}).on('close', end).resume();
  parentPort.on('message', (line) => socket.write(line));
`;

const applications = new Set();
let listening = false;
let watch;

if (isMainThread && process.env.ISOBAR_SUPERVISOR) {
  watch = new Worker(WATCH, {
    eval: true,
    execArgv: [],
    workerData: { path: process.env.ISOBAR_SUPERVISOR, pid: process.pid },
  });
  watch.unref();
  watch.on('error', () => process.kill(process.pid, 'SIGTERM'));
  redirectListen();
  recordApplications();
  process.once('beforeExit', serveExport);
  setTimeout(serveExport, PATIENCE_MS).unref();
}

function redirectListen() {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...args) {
    const secure = this instanceof https.Server;
    if (!secure && !(this instanceof http.Server)) {
      return listen.apply(this, args);
    }
    listening = true;
    const callback = args.reverse().find((arg) => typeof arg === 'function');
    if (callback) {
      this.once('listening', callback);
    }
    if (secure) {
      listenInClear(this, listen);
    } else {
      announce(this, this);
      listen.call(this, { host: HOST, port: 0 });
    }
    return this;
  };
}

// The gateway speaks plain HTTP to the application, so a server without encryption takes the requests for this one.
function listenInClear(secure, listen) {
  const clear = http.createServer();
  for (const event of HTTP_EVENTS) {
    if (secure.listenerCount(event) > 0) {
      clear.on(event, (...args) => secure.emit(event, ...args));
    }
  }
  secure.address = () => clear.address();
  secure.close = (callback) => {
    clear.close(callback);
    return secure;
  };
  announce(clear, secure);
  clear.once('listening', () => secure.emit('listening'));
  listen.call(clear, { host: HOST, port: 0 });
}

function announce(server, owner) {
  server.once('listening', () => {
    const express = owner.listeners('request').some(isApplication);
    const address = `${HOST}:${server.address().port}`;
    watch.postMessage(`${JSON.stringify({ address, pid: process.pid, express })}\n`);
  });
}

// Each application that express() makes passes through init(), whether express was required or imported.
function recordApplications() {
  const load = Module._load;
  const seen = new WeakSet();
  Module._load = function (...args) {
    const loaded = load.apply(this, args);
    if (typeof loaded === 'function' && loaded.application && loaded.Router && !seen.has(loaded)) {
      seen.add(loaded);
      const { init } = loaded.application;
      loaded.application.init = function (...initArgs) {
        applications.add(this);
        return init.apply(this, initArgs);
      };
    }
    return loaded;
  };
}

async function serveExport() {
  if (listening) {
    return;
  }
  const found = await exported();
  if (!found || listening) {
    return;
  }
  const server = found instanceof net.Server ? found : http.createServer(found);
  server.listen();
}

async function exported() {
  const file = process.argv[1];
  let main;
  try {
    main = process.mainModule?.exports ?? (await import(pathToFileURL(require.resolve(file)).href));
  } catch {
    main = undefined;
  }
  const candidates = [main, main?.default, main?.app, main?.server, ...Object.values(main ?? {})];
  const exportedHere = candidates.find((value) => isApplication(value) || value instanceof net.Server);
  return exportedHere ?? largest([...applications].filter((app) => !app.parent));
}

function isApplication(value) {
  return typeof value === 'function' && typeof value.handle === 'function' && typeof value.set === 'function';
}

// The application itself, where a serverless wrapper hides it: the one with the most in it.
function largest(candidates) {
  const size = (app) => (app._router ?? app.router)?.stack?.length ?? 0;
  return candidates.sort((one, other) => size(other) - size(one))[0];
}
