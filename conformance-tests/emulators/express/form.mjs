// The form in which requests and responses are kept.

// Bytes as text where they are UTF-8, else as {base64}.
export function text (bytes) {
  const decoded = bytes.toString('utf8')
  return Buffer.from(decoded, 'utf8').equals(bytes) ? decoded : { base64: bytes.toString('base64') }
}

// As text(), with long runs of one character as [text, times].
export function compact (bytes) {
  const written = text(bytes)
  const run = typeof written === 'string' && /(.)\1{999,}/s.exec(written)
  if (!run) return written
  const after = run.index + run[0].length
  return { runs: [[written.slice(0, run.index), 1], [run[1], run[0].length], [written.slice(after), 1]] }
}

// Date and the headers of the connection are the server's own; the end of a cookie with an age is the time of the call.
const ofConnection = new Set(['date', 'connection', 'keep-alive'])
function header ([name, value]) {
  if (name.toLowerCase() === 'set-cookie') value = value.replace(/(Max-Age=[1-9]\d*;.*Expires=)[^;]+/, '$1<now>')
  return [name, value]
}

export function response (answer) {
  if (answer.line === undefined) return { aborted: true }
  return {
    line: answer.line,
    headers: answer.headers.filter(([name]) => !ofConnection.has(name.toLowerCase())).map(header),
    ...(answer.body.length > 0 && { body: text(answer.body) }),
    ...(answer.aborted && { aborted: true })
  }
}
