const startWebApp = require('redis-commander');

const app = startWebApp([]);
app.listen(8081);
