const jsonServer = require('json-server');

const server = jsonServer.create();
server.use(jsonServer.defaults());
server.use(jsonServer.router({
  posts: [{ id: 1, title: 'a' }],
  comments: [{ id: 1, postId: 1 }],
  profile: { name: 'b' },
}));
server.listen(3000);
