const app = require('./app');

const server = app.listen(process.env.PORT || 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
