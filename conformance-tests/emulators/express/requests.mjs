// The requests whose answers are recorded: group, method, target, headers, body.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

const all = []

function send (group, method, target, headers = {}, body) {
  const bytes = body === undefined ? undefined : Buffer.from(body)
  const length = bytes && !('transfer-encoding' in headers) ? { 'content-length': String(bytes.length) } : {}
  all.push({ group, method, target, headers: { ...headers, ...length }, ...(bytes && { body: bytes }) })
}

const get = (group, targets, headers) => [targets].flat().forEach(target => send(group, 'GET', target, headers))

// Routing
get('routes', ['/', '/?a=1&b=2', '/notes', '/notes/', '/NOTES', '/notes/new', '/notes/7', '/notes/caf%C3%A9', '/notes/a%2Fb', '/notes/%zz', '/notes/%E0%A4%A', '/notes/7/', '/notes/7/x', '/notes//', '//notes', '/notes/a+b', '/notes/a%20b?x=%20', '/nope', '/nope?q=<b>', '/n%C3%B6pe', '/nope/<>"', "/nope/'quote'"])
get('routes', ['/any', '/both', '/a/1/b/2', '/a//b/2', '/file.txt', '/fileXtxt', '/list', '/list/', '/list/9', '/re/42', '/re/42/', '/re/x', '/named/2024-12', '/NAMED/2024-12', '/mixed/q', '/mixed/xx', '/mixed/xx/yy', '/mixed/xx/'])
get('routes', ['/v', '/v/', '/v/1', '/v/1/', '/w', '/w/', '/w/a', '/w/a/b%20c/d', '/w/a//b', '/x/1-2', '/x/1-2-3', '/x/1.2', '/x/1.2.3', '/x/-', '/y/12', '/y/ab', '/y/12ab', '/y/AB', '/z/abc', '/z/c', '/z/ab/c', '/abbbcd', '/abcd', '/ab+cd', '/s/1', '/s/1/2', '/s/', '/t/1/2/end', '/t/1/2/3/end', '/t/1/end', '/flight/LAX-SFO', '/flight/a%2Db-c', '/q/1', '/u/1-2', '/u/1', '/u/1-2-3', '/only-post', '/cased/path', '/CASED/PATH'])
for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PURGE', 'TRACE']) {
  for (const target of ['/notes', '/notes/7', '/both', '/any', '/headed', '/optioned', '/nope', '/re/1', '/only-post']) send('routes', method, target)
}
send('routes', 'OPTIONS', '*')
send('routes', 'GET', 'http://example.com/notes/7?x=1')
get('strict', ['/Case', '/case', '/CASE', '/slash', '/slash/', '/plain', '/plain/', '/Mount', '/Mount/x', '/mount', '/r/s/', '/r/s', '/r/CASE', '/r/case', '/R/s/'])
get('empty', ['/', '/x?y=1'])
send('empty', 'POST', '/x', { 'content-type': 'text/plain' }, 'body')
send('empty', 'HEAD', '/x')
send('empty', 'OPTIONS', '/x')

// Mounts, next, hooks, errors
get('mounts', ['/merge/1', '/merge/1/', '/merge/1/deep/2', '/merge/1/more/3?q=1', '/merge/%zz/deep/2', '/alone/1/deep/2', '/one', '/one/', '/one/two/three?q=1', '/two/5/rest', '/onetwo', '/one.x', '/api/v1', '/api/v1/x?y', '/api/v2', '/API/V1/', '/api/v1//x'])
get('mounts', ['/skip', '/leave', '/leave/', '/hook/1', '/hook/bad', '/hook/skip', '/hook/change', '/hook/1/2', '/hook/bad/2', '/hook/skip/2', '/hook/change/2', '/hook/%zz', '/rewrite', '/rw', '/rw/a/b', '/rw/'])
get('mounts', ['/throw', '/next-error', '/next-text', '/throw-nothing', '/chain', '/status', '/status-code', '/status-odd', '/res-status', '/guarded', '/guarded/x', '/unguarded', '/child', '/child/', '/child/setting', '/child/fall', '/child/fail', '/child/nope', '/twice', '/locals'])
for (const target of ['/throw', '/merge/1/deep/2', '/guarded', '/child', '/one']) send('mounts', 'HEAD', target)
for (const target of ['/merge/1/deep/2', '/skip', '/child', '/one', '/hook/1']) send('mounts', 'OPTIONS', target)

// Answers
const answered = ['/send/text', '/send/html', '/send/empty', '/send/null', '/send/true', '/send/object', '/send/array', '/send/number', '/send/undefined', '/send/buffer', '/send/typed', '/send/charset', '/send/bad-type', '/send/object-typed', '/send/long', '/send/own-etag', '/send/modified', '/json/text', '/json/html', '/json/empty', '/json/null', '/json/true', '/json/object', '/json/array', '/json/number', '/json/undefined', '/json/typed', '/json/unicode', '/json/status', '/end', '/end/text', '/end/status', '/end/typed', '/write', '/write/typed', '/redirect']
for (const target of answered) {
  get('answers', target)
  send('answers', 'HEAD', target)
}
get('answers', [200, 201, 204, 205, 206, 304, 400, 404, 418, 500, 599].map(code => `/send/status/${code}`))
get('answers', [200, 201, 204, 304, 404, 418, 507, 600, 99, 1000].map(code => `/send-status/${code}`))
get('answers', [200, 204, 304, 404, 700, 42, 1000].map(code => `/status/${code}`))
get('answers', ['/head', '/head/length', '/head/empty', '/head/list', '/head/late', '/head/twice', '/head/bad', '/head/send', '/message', '/message/error', '/length/removed'])
send('answers', 'HEAD', '/head')
get('answers', ['/status-text', '/status-fraction', '/sent', '/late', '/no-powered', '/missing'])
get('answers', ['/jsonp', '/jsonp?callback=fn', '/jsonp?callback=a.b[0]', '/jsonp?callback=x%3Balert(1)', '/jsonp?callback=', '/jsonp?callback=a&callback=b', '/jsonp?cb=fn'])
for (const accept of ['text/html', 'text/plain', 'application/json', '*/*', 'image/png', 'text/*;q=0.5, text/html;q=0.1']) {
  get('answers', ['/redirect/301', '/redirect/html', '/format', '/format/default'], { accept })
}
get('answers', ['/format', '/format/default', '/redirect/301', '/redirect/relative', '/redirect/odd', '/redirect/html', '/redirect/user?to=/a%20b', '/redirect/user?to=//evil.example', '/redirect/user?to=%00', '/location', '/location/back'])
get('answers', '/location/back', { referer: 'http://example.com/from' })
get('answers', ['json', 'html', 'txt', 'png', '.js', 'text/plain', 'application/json', 'unknown', 'x/y', 'bin', 'a.css', 'image/svg+xml', 'md'].map(type => `/type/${encodeURIComponent(type)}`))
get('answers', ['/set/many', '/set/again', '/set/removed', '/set/latin', '/set/invalid', '/set/name', '/set/unicode', '/set/user?v=ok', '/set/user?v=a%0Ab', '/set/user', '/set/user?v=%C3%BC', '/set/type-list', '/get', '/append', '/vary', '/vary/star', '/links', '/attachment'])
get('answers', ['report.pdf', 'a b.txt', 'ü.html', '50%25.txt', 'quote".txt', 'noext', '€ rates.csv'].map(name => `/attachment/${encodeURIComponent(encodeURIComponent(name))}`))
const tags = { '/send/text': 'W/"5-qvTGHdzF6KLavt4PO0gs2a6pQ00"', '/send/own-etag': '"mine"' }
for (const [target, tag] of Object.entries(tags)) {
  for (const value of [tag, tag.replace('W/', ''), `"other", ${tag}`, '*', '"other"', '', `${tag}extra`]) get('answers', target, { 'if-none-match': value })
  get('answers', target, { 'if-none-match': tag, 'cache-control': 'no-cache' })
  get('answers', target, { 'if-none-match': tag, 'cache-control': 'max-age=0' })
  send('answers', 'HEAD', target, { 'if-none-match': tag })
}
for (const since of ['Wed, 21 Oct 2015 07:28:00 GMT', 'Thu, 22 Oct 2015 00:00:00 GMT', 'Tue, 20 Oct 2015 00:00:00 GMT', 'nonsense', '']) {
  get('answers', '/send/modified', { 'if-modified-since': since })
  get('answers', '/send/modified', { 'if-modified-since': since, 'if-none-match': '"x"' })
}
get('settings', ['/json', '/send', '/jsonp', '/jsonp?cb=f', '/jsonp?callback=f', '/setting', '/nope'])
get('no-etag', ['/json', '/send'])
get('no-etag', '/send', { 'if-none-match': '*' })

// Requests
const forwarded = [{}, { 'x-forwarded-for': '1.2.3.4, 10.0.0.9, 127.0.0.1' }, { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.b.example.com:8443, other' }, { 'x-forwarded-proto': 'https,http' }, { 'x-forwarded-for': ' ,, 5.6.7.8 ,not-an-ip' }, { 'x-forwarded-host': '' }]
for (const group of ['request', 'trust-all', 'trust-one', 'trust-local']) for (const headers of forwarded) get(group, '/client', headers)
get('request', '/client', { host: 'tobi.ferrets.example.com:3000', 'x-requested-with': 'XMLHttpRequest' })
get('request', '/client', { host: '[::1]:3000' })
get('request', '/client', { host: '127.0.0.1:80' })
get('request', '/client', { host: 'localhost' })
get('request', '/headers', { 'x-test': 'value', referer: 'http://r.example', accept: 'a/b', 'x-latin': 'h\u00e9' })
get('request', '/headers', { 'x-test': ['one', 'two'], cookie: ['a=1', 'b=2'] })
const accepts = ['text/html', 'application/json;q=0.9, text/*;q=0.8, */*;q=0.1', 'text/html;level=1, text/html;q=0.3', '*/*', 'text/html;q=0', ' text/html ; q = 0.5 ', 'nonsense', 'a/b;x="q,;", c/d', 'TEXT/HTML', '']
for (const accept of accepts) get('request', ['/accepts', '/accepts?of=json,html', '/accepts?of=text/html;level=1,text/plain'], { accept })
get('request', ['/accepts', '/accepts?of=json,html', '/accepts?of=nonsense'])
for (const value of ['gzip, deflate', 'gzip;q=0.5, br;q=0.8, *;q=0.1', 'identity;q=0', '*;q=0', '', 'GZIP', 'gzip;q=x']) get('request', ['/encodings', '/encodings?of=br,gzip,identity'], { 'accept-encoding': value })
for (const value of ['utf-8, iso-8859-1;q=0.5', '*', 'utf-8;q=0', '']) get('request', ['/charsets', '/charsets?of=utf-8,iso-8859-1'], { 'accept-charset': value })
for (const value of ['en-US,en;q=0.8,de;q=0.5', 'de-AT', '*', 'en;q=0', 'de; q=0.1, en', 'x-,en', '']) get('request', ['/languages', '/languages?of=de,en', '/languages?of=en-us,de-at'], { 'accept-language': value })
get('request', ['/encodings', '/charsets', '/languages', '/encodings?of=gzip', '/charsets?of=utf-8', '/languages?of=en'])
for (const type of ['application/json; charset=utf-8', 'text/html', 'application/vnd.api+json', 'multipart/form-data; boundary=x', 'nonsense', 'Text/Plain;x', 'application/x-www-form-urlencoded']) {
  for (const of of ['', 'json', 'html,json', '+json', 'text/*', 'multipart', 'urlencoded', '*/*']) send('request', 'POST', `/is?of=${encodeURIComponent(of)}`, { 'content-type': type }, 'x')
}
send('request', 'POST', '/is?of=json', { 'content-type': 'application/json' })
send('request', 'POST', '/is?of=json', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }, '0\r\n\r\n')
for (const range of ['bytes=0-99', 'bytes=-100', 'bytes=900-', 'bytes=0-10,5-20,50-60', 'bytes=2000-', 'items=1-2', 'bytes', 'bytes=x-y', 'bytes=5-2', 'bytes=0-0,-1']) get('request', '/range', { range })
get('request', '/range')
for (const headers of [{}, { 'if-none-match': '"v1"' }, { 'if-none-match': 'W/"v1"' }, { 'if-none-match': '"v2"' }, { 'if-modified-since': 'Thu, 22 Oct 2015 00:00:00 GMT' }, { 'if-none-match': '"v2"', 'if-modified-since': 'Thu, 22 Oct 2015 00:00:00 GMT' }, { 'if-none-match': '*', 'if-modified-since': 'Mon, 19 Oct 2015 00:00:00 GMT' }]) get('request', '/fresh', headers)
const queries = ['', 'a=1', 'a=1&a=2', 'a[]=1&a[]=2', 'a[b]=1&a[c]=2', 'a[b][c][d][e][f][g]=1', 'a[2]=x&a[0]=y', 'a[25]=x', 'a[1001]=x', 'a=%zz', 'a=%E4', 'a+b=c+d', '&&a=1&', '=x', 'a', 'a=b=c', 'a[]=', 'a[b]=1&a=2', 'a=1&a[b]=2', 'a[]=1&a[b]=2', '__proto__[x]=1', 'constructor=1&toString[x]=2', '%5B%5D=1', 'a%5Bb%5D=1', 'a[', 'a[b', 'a]=1', '[0]=x&[1]=y', 'a.b=1', 'a[0][b]=1&a[0][c]=2', 'a[][b]=1&a[][b]=2', '?a=1', 'a=\u00e9', 'a;b=1', 'utf8=%E2%9C%93', 'a=1,2', '10=x&2=y&b=z', `${'x='.repeat(1)}${'y&'.repeat(5)}`, Array.from({ length: 30 }, (_, i) => `a=${i}`).join('&'), Array.from({ length: 1005 }, (_, i) => `p${i}=`).join('&').slice(0, 7000)]
for (const group of ['query-simple', 'query-extended', 'query-off']) for (const text of queries) get(group, `/?${text}`)

// Bodies
const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const plain = { 'content-type': 'text/plain' }
for (const group of ['bodies', 'bodies-package']) {
  const post = (target, headers, body) => send(group, 'POST', target, headers, body)
  post('/none', json, '{"a":1}')
  for (const body of ['{"a":1,"2":"b","1":"a"}', '[1,2]', '', ' ', '{', '{"a":}', '{"a":1}x', 'null', 'true', '"text"', '12', 'hello', '{"__proto__":{"x":1}}', '{"text":"\\u00fc\\ud800"}', '\ufeff{"a":1}', '{"a":"ü€😀"}', '{"n":1e400}', "{'a':1}", '[1,]', 'x'.repeat(40), `{"a":"${'y'.repeat(60)}" oops}`]) {
    post('/json', json, body)
    post('/json/loose', json, body)
  }
  post('/json')
  post('/json', json)
  post('/json', {}, '{"a":1}')
  post('/json', plain, '{"a":1}')
  post('/json', { 'content-type': 'application/json; charset=utf-16le' }, Buffer.from('{"a":"ü"}', 'utf16le'))
  post('/json', { 'content-type': 'application/json; charset=utf-16' }, Buffer.from('\ufeff{"a":"ü"}', 'utf16le'))
  post('/json', { 'content-type': 'application/json; charset=latin1' }, '{"a":1}')
  post('/json', { 'content-type': 'application/json; charset=utf-99' }, '{"a":1}')
  post('/json', { 'content-type': 'application/json; charset="UTF-8"' }, '{"a":1}')
  post('/json', { 'content-type': 'application/json; bad' }, '{"a":1}')
  post('/json', { 'content-type': 'APPLICATION/JSON' }, '{"a":1}')
  post('/json', { ...json, 'transfer-encoding': 'chunked' }, '7\r\n{"a":1}\r\n0\r\n\r\n')
  post('/json', { ...json, 'transfer-encoding': 'chunked' }, '0\r\n\r\n')
  post('/json/small', json, '{"a":1}')
  post('/json/small', json, '{"a":"0123456789"}')
  post('/json/small', { ...json, 'transfer-encoding': 'chunked' }, '12\r\n{"a":"0123456789"}\r\n0\r\n\r\n')
  for (const type of ['application/vnd.api+json', 'text/x-json', 'application/json']) post('/json/types', { 'content-type': type }, '{"a":1}')
  post('/json/any', plain, '{"a":1}')
  post('/json/any', {}, '{"a":1}')
  const packed = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }
  for (const [encoding, pack] of Object.entries(packed)) {
    post('/json', { ...json, 'content-encoding': encoding }, pack('{"packed":true}'))
    post('/json/plain', { ...json, 'content-encoding': encoding }, pack('{"packed":true}'))
    post('/json/small', { ...json, 'content-encoding': encoding }, pack('{"packed":"0123456789"}'))
    post('/json', { ...json, 'content-encoding': encoding.toUpperCase() }, pack('{"packed":true}'))
  }
  for (const encoding of ['identity', 'compress', 'x-gzip', '']) post('/json', { ...json, 'content-encoding': encoding }, '{"a":1}')
  for (const encoding of ['gzip', 'deflate']) {
    post('/json', { ...json, 'content-encoding': encoding }, 'not packed at all')
    post('/json', { ...json, 'content-encoding': encoding }, packed[encoding]('{"packed":true}').subarray(0, 12))
  }
  const forms = ['a=1&b=2', 'a[b]=1&a[c]=2', 'a[]=1&a[]=2', '', 'a=%C3%BC+x', 'a=%zz', 'a[b][c][d]=1', 'a=1&b=2&c=3', 'a=%FC', 'utf8=%E2%9C%93&a=%C3%BC', 'utf8=%26%2310003%3B&a=%FC&b=%26%239786%3B', 'a=1&a=2', '=', 'a[0]=x&a[5]=y', 'a.b=1', '[]=1', '[a]=1', '[0]=1', `a${'[b]'.repeat(33)}=1`, `a${'[b]'.repeat(32)}=1`]
  for (const body of forms) for (const target of ['/form', '/form/simple', '/form/default', '/form/few', '/form/shallow', '/form/latin']) post(target, form, body)
  post('/form', { 'content-type': 'application/x-www-form-urlencoded; charset=iso-8859-1' }, 'a=%FC')
  post('/form', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' }, 'a=1')
  post('/form', json, 'a=1')
  post('/form', form, Array.from({ length: 1001 }, (_, i) => `a${i}=`).join('&'))
  post('/form', form, Array.from({ length: 150 }, (_, i) => `a=${i}`).join('&'))
  for (const target of ['/text', '/text/any', '/text/latin']) {
    post(target, plain, 'text ü')
    post(target, { 'content-type': 'text/plain; charset=iso-8859-1' }, Buffer.from([0x74, 0xfc]))
    post(target, { 'content-type': 'text/plain; charset=shift_jis' }, Buffer.from([0x82, 0xa0]))
    post(target, { 'content-type': 'text/plain; charset=nope' }, 'x')
    post(target, json, '{"a":1}')
    post(target, plain, '')
  }
  post('/raw', { 'content-type': 'application/octet-stream' }, Buffer.from([0, 1, 254, 255]))
  post('/raw', { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' }, gzipSync(Buffer.from([9, 8])))
  post('/raw', plain, 'x')
  post('/both', json, '{"a":1}')
  post('/both', form, 'a=1')
  post('/both', plain, 'a=1')
  post('/twice', json, '{"a":1}')
  post('/twice', plain, '{"a":1}')
  post('/json', json, `{"a":"${'x'.repeat(110000)}"}`)
}

// Cookies, cors, helmet
const jar = ['', 'a=1', 'a=1; b=2', 'a="quoted"', 'a=%20x', 'a=%zz', 'a=1; a=2', 'novalue; a=1', 'a = 1 ;b= 2', 'j=j:{"x":1}', 'j=j:{bad', 'j=j:0', '__proto__=1', 'a="', 'a=b=c', ';;a=1', 'x']
const signed = ['s=s:hello.8Awx82%2FXtS9ySKn4lCWw2KhI%2BSMpInHPdZ6Gg2SPhBE', 's=s:hello.wrong', 's=s:', 's=s:a.b; t=plain']
for (const cookie of jar) get('cookies', ['/plain', '/signed', '/none'], { cookie })
for (const cookie of signed) get('cookies', ['/plain', '/signed'], { cookie })
get('cookies', ['/plain', '/set', '/set/number', '/set/object', '/set/null', '/set/escaped', '/set/options', '/set/strict', '/set/age', '/set/no-age', '/set/bad-age', '/set/bad-name', '/set/bad-domain', '/set/bad-same-site', '/set/unsigned', '/signed/set', '/clear', '/clear/options'])
for (const name of ['default', 'fixed', 'list', 'reflect', 'off', 'full', 'texts', 'go-on']) {
  for (const method of ['GET', 'OPTIONS', 'POST', 'HEAD']) {
    send('cors', method, `/${name}`)
    send('cors', method, `/${name}`, { origin: 'https://two.example', 'access-control-request-method': 'PUT', 'access-control-request-headers': 'X-Z, X-Y' })
  }
}
get('helmet', ['/default', '/some', '/policy', '/none'])

for (const accept of [undefined, 'gzip', 'gzip, deflate, br', 'deflate', 'br;q=0.5, gzip;q=0.8', 'identity', '*', 'gzip;q=0', 'x']) {
  const headers = accept === undefined ? {} : { 'accept-encoding': accept }
  get('compression', ['/long', '/short', '/all/short', '/all/ended', '/forced/short', '/forced/long', '/pieces'], headers)
}
for (const target of ['/json', '/image', '/svg', '/untyped', '/ended', '/kept', '/coded', '/varied', '/nothing', '/all/nothing', '/missing']) {
  get('compression', target, { 'accept-encoding': 'gzip' })
  send('compression', 'HEAD', target, { 'accept-encoding': 'gzip' })
}
get('compression', '/long', { 'accept-encoding': 'gzip', 'if-none-match': '*' })

// Failures
for (const group of ['failures', 'failures-dev']) {
  get(group, ['/text', '/markup', '/number', '/object', '/stack', '/array', '/encoded', '/nope', '/nope/%3Cb%3E', '/param/x', '/half'])
  for (const target of ['/text', '/object', '/nope']) send(group, 'HEAD', target)
  send(group, 'DELETE', '/nope')
}
get('failures', '/param/%zz')

export const requests = all
