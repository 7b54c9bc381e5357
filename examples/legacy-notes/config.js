module.exports = {
  port: process.env.PORT || 3000,
  title: process.env.NOTES_TITLE || 'Legacy Notes',
  pageSize: Number(process.env.NOTES_PAGE_SIZE) || 20,
};
