const MailDev = require('maildev');

const maildev = new MailDev({ smtp: 1025, web: 1080 });
maildev.listen();
