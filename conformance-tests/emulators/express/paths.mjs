// Answers, for each case on standard input, what the Layer of the real Express matches.
//
// A case is {grammar: "V4" | "V5", pattern, options: {end, sensitive, strict}, paths: [...]}; a pattern is a
// string, {source, flags}, or an array of both. The answer is {refused: message} or one entry for each path:
// null, {path, params: [[name, value], ...]} or {throws: message, status}.
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

const require = createRequire(import.meta.url)
const layers = {
  V4: require('./node_modules/express4/lib/router/layer.js'),
  V5: require('./node_modules/router/lib/layer.js')
}

function pattern (value) {
  if (Array.isArray(value)) return value.map(pattern)
  return typeof value === 'string' ? value : new RegExp(value.source, value.flags)
}

function match (grammar, layer, path) {
  try {
    const found = layer.match(path)
    if (!found) return null
    const { params, path: matched } = grammar === 'V4' ? layer : found
    // JSON has no undefined: null stands for it.
    return { path: matched, params: Object.entries(params).map(([name, value]) => [name, value ?? null]) }
  } catch (error) {
    return { throws: error.message, status: error.status ?? 500 }
  }
}

function answer ({ grammar, pattern: written, options, paths }) {
  let layer
  try {
    layer = new layers[grammar](pattern(written), options, () => {})
  } catch (error) {
    return { refused: error.message }
  }
  return paths.map(path => match(grammar, layer, path))
}

const cases = JSON.parse(await text(process.stdin))
process.stdout.write(JSON.stringify(cases.map(answer)))
