// One client of npm against blynkd's socket, with its defaults: node runner.cjs PACKAGE SOCKET STAMP
// Says "subscribed" when it wants to hear of V76 (by name) and V77 (by pattern), "done" at the end.
'use strict';

const assert = require('assert');

const [name, socket, stamp] = process.argv.slice(2);
const pack = require(name);
const heard = [];
let wake = () => {};

function hear(kind, channel, message) {
  heard.push([kind, channel, message]);
  wake();
}

async function waitFor(count) {
  while (heard.length < count) {
    await new Promise((resolve) => { wake = resolve; });
  }
}

function checkHeard() {
  const text = JSON.stringify(heard);
  assert(text.includes('["message","V76"') && text.includes('["pmessage","V77"'), text);
}

async function tryIoredis() {
  const Redis = pack.default || pack;
  const client = new Redis(socket);
  client.on('error', (error) => { console.log('error', error.message); process.exit(1); });
  assert.strictEqual(await client.set('V75', stamp), 'OK');
  assert.strictEqual(await client.get('V75'), stamp);
  assert.strictEqual(await client.mset('V73', '1', 'V74', '2'), 'OK');
  const pipe = client.pipeline();
  for (let i = 0; i < 100; i++) pipe.set('V73', String(i)).get('V73');
  const answers = await pipe.exec();
  assert.strictEqual(answers.length, 200);
  answers.forEach(([error, value], i) => {
    assert.ifError(error);
    assert.strictEqual(value, i % 2 ? String((i - 1) / 2) : 'OK');
  });
  await assert.rejects(client.set('nonsense', '1'), /WRONGPIN/);

  const subscriber = new Redis(socket);
  subscriber.on('message', (channel, message) => hear('message', channel, message));
  subscriber.on('pmessage', (pattern, channel, message) => hear('pmessage', channel, message));
  assert.strictEqual(await subscriber.subscribe('V76'), 1);
  assert.strictEqual(await subscriber.psubscribe('V7[7]'), 2);
  console.log('subscribed');
  await waitFor(2);
  checkHeard();
  assert.strictEqual(await subscriber.quit(), 'OK');
  assert.strictEqual(await client.quit(), 'OK');
}

async function tryNodeRedis() {
  const client = pack.createClient({ socket: { path: socket } });
  client.on('error', (error) => { console.log('error', error.message); process.exit(1); });
  await client.connect();
  assert.strictEqual(await client.set('V75', stamp), 'OK');
  assert.strictEqual(await client.get('V75'), stamp);
  assert.strictEqual(await client.mSet({ V73: '1', V74: '2' }), 'OK');
  const writes = [];
  for (let i = 0; i < 100; i++) writes.push(client.set('V73', String(i)), client.get('V73')); // pipelined by itself
  const answers = await Promise.all(writes);
  answers.forEach((value, i) => assert.strictEqual(value, i % 2 ? String((i - 1) / 2) : 'OK'));
  await assert.rejects(client.set('nonsense', '1'), /WRONGPIN/);

  const subscriber = client.duplicate();
  subscriber.on('error', (error) => { console.log('error', error.message); process.exit(1); });
  await subscriber.connect();
  await subscriber.subscribe('V76', (message, channel) => hear('message', channel, message));
  await subscriber.pSubscribe('V7[7]', (message, channel) => hear('pmessage', channel, message));
  console.log('subscribed');
  await waitFor(2);
  checkHeard();
  await subscriber.quit();
  await client.quit();
}

const timer = setTimeout(() => { console.log('no end within 40 s; heard', JSON.stringify(heard)); process.exit(1); }, 40000);

(name.startsWith('ioredis') ? tryIoredis() : tryNodeRedis()).then(
  () => { clearTimeout(timer); console.log('done'); },
  (error) => { console.log(error.stack || error); process.exit(1); });
