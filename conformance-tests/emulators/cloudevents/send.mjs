// Sends the same events in binary, structured and batched mode to the URL that is given, as CloudEvents' SDK writes them.
import { CloudEvent, HTTP } from "cloudevents";

const url = process.argv[2];
const events = {
  text: {
    subject: '100% "x"',
    shade: "a b",
    datacontenttype: "text/plain",
    data: "caf\u00e9",
  },
  json: { datacontenttype: "application/json", data: { a: [1, "b"] } },
};

async function send(headers, body) {
  const answer = await fetch(url, { method: "POST", headers, body });
  if (answer.status !== 204) {
    throw new Error(`${answer.status}: ${await answer.text()}`);
  }
}

for (const [name, members] of Object.entries(events)) {
  const event = (mode) =>
    new CloudEvent({ id: `${name}-${mode}`, source: "/mine", type: "com.example.made", ...members });
  for (const [mode, write] of [["binary", HTTP.binary], ["structured", HTTP.structured]]) {
    const { headers, body } = write(event(mode));
    await send(headers, body);
  }
  // The SDK reads batches and does not write them; their content is what it writes of each event.
  const batch = `[${HTTP.structured(event("batched")).body}]`;
  await send({ "content-type": "application/cloudevents-batch+json" }, batch);
}
