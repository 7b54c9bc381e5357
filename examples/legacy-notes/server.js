const app = require('./app');
const config = require('./config');

app.listen(config.port, () => {
  console.log(`${config.title} listening on port ${config.port}`);
});
