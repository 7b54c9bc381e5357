// Everything lives in memory; a restart brings the two sample notes back.
const notes = [
  {
    id: 1,
    title: 'Buy milk',
    body: 'Two litres, the good one',
    tags: ['shopping'],
    createdAt: '2023-04-01T09:30:00.000Z',
  },
  {
    id: 2,
    title: 'Call the plumber',
    body: 'The kitchen tap drips again',
    tags: ['home', 'urgent'],
    createdAt: '2023-04-02T17:05:00.000Z',
  },
];

let nextId = 3;

function all() {
  return notes;
}

function find(id) {
  return notes.find((note) => note.id === id);
}

function search(text) {
  const needle = text.toLowerCase();
  return notes.filter(
    (note) =>
      note.title.toLowerCase().includes(needle) ||
      note.body.toLowerCase().includes(needle)
  );
}

function add({ title, body = '', tags = [] }) {
  const note = {
    id: nextId++,
    title,
    body,
    tags,
    createdAt: new Date().toISOString(),
  };
  notes.push(note);
  return note;
}

function remove(id) {
  const index = notes.findIndex((note) => note.id === id);
  if (index === -1) {
    return false;
  }
  notes.splice(index, 1);
  return true;
}

module.exports = { all, find, search, add, remove };
