// Evaluates the source of every fact(r#"source"#, ...) in ../../src/value/tests/ and prints the outcomes:
//   node record-values.js > values.json
// The outcomes are facts about JavaScript; recorded with Node 20.
'use strict';
process.env.TZ = 'UTC';
const fs = require('fs');
const path = require('path');

const show = (value) => {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value === undefined) return 'undefined';
  if (typeof value === 'function') return `function ${value.name}`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return JSON.stringify(value);
};

const outcome = (source) => {
  try {
    return show((0, eval)(`(${source})`));
  } catch (error) {
    return `throws ${error.name}: ${error.message}`;
  }
};

const tests = path.join(__dirname, '..', '..', 'src', 'value', 'tests');
const files = fs.readdirSync(tests).sort().map((name) => fs.readFileSync(path.join(tests, name), 'utf8'));
const sources = files.flatMap((text) => [...text.matchAll(/fact\(\s*r#"([^]*?)"#/g)].map((match) => match[1]));
const facts = Object.fromEntries(sources.map((source) => [source, outcome(source)]));
process.stdout.write(JSON.stringify(facts, null, 1) + '\n');
