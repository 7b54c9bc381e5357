const { createServer } = require('dynamodb-admin');

const app = createServer();
app.listen(3000);
