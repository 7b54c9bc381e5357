// Prints what each line of the file named by the first argument is in Node: plain data as it stands, and what is no
// plain data by its kind alone. Whether it can be changed does not count: who only reads it sees no difference.
'use strict';
const fs = require('fs');

function describe(value) {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.isWellFormed() ? value : { other: 'text with a lone surrogate' };
  if (value === undefined) return { undefined: true };
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { number: '-0' };
    return Number.isFinite(value) ? { number: value } : { other: String(value) };
  }
  if (typeof value !== 'object') return { other: typeof value };
  return Array.isArray(value) ? describeArray(value) : describeObject(value);
}

function describeArray(value) {
  if (Object.getPrototypeOf(value) !== Array.prototype) return { other: 'an instance of a class' };
  if (Reflect.ownKeys(value).length !== value.length + 1) return { other: 'an array with holes or properties' };
  return value.map(describe);
}

function describeObject(value) {
  if (Object.getPrototypeOf(value) !== Object.prototype) return { other: 'an instance of a class' };
  const entries = [];
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    const plain = typeof key === 'string' && property.enumerable && 'value' in property;
    if (!plain) return { other: 'an object with special properties' };
    entries.push([key, describe(property.value)]);
  }
  return { entries };
}

const lines = fs.readFileSync(process.argv[2], 'utf8').split('\n');
const described = lines.map((line) => {
  if (line === '' || line.startsWith('//')) return null;
  try {
    return { line, value: describe(new Function('require', 'module', 'exports', '__dirname', `return (${line})`)(require, module, exports, __dirname)) };
  } catch (error) {
    return { line, throws: String(error) };
  }
});
process.stdout.write(JSON.stringify(described.filter(Boolean)));
