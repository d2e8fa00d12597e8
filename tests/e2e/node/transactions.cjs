// Transactions of one client of npm against blynkd's socket, with its defaults:
// node transactions.cjs PACKAGE SOCKET STAMP. Says "done" at the end.
'use strict';

const assert = require('assert');

const [name, socket, stamp] = process.argv.slice(2);
const pack = require(name);

function fail(error) {
  console.log('error', error.stack || error);
  process.exit(1);
}

async function tryIoredis() {
  const Redis = pack.default || pack;
  const client = new Redis(socket);
  const other = new Redis(socket);
  client.on('error', fail);
  other.on('error', fail);
  assert.deepStrictEqual(await client.multi().set('V91', stamp).get('V91').mget('V91', 'V188').exec(),
    [[null, 'OK'], [null, stamp], [null, [stamp, null]]]);

  const [[first], [second]] = await client.multi().set('nonsense', '1').set('V92', '1').exec();
  assert.match(first.message, /^WRONGPIN/);
  assert.ifError(second);
  assert.strictEqual(await client.get('V92'), '1');

  await assert.rejects(client.multi().set('V92', '2').subscribe('V1').exec(), /EXECABORT/);
  assert.strictEqual(await client.get('V92'), '1');

  assert.strictEqual(await client.watch('V92'), 'OK');
  assert.strictEqual(await other.set('V92', 'theirs'), 'OK');
  assert.strictEqual(await client.multi().set('V92', 'mine').exec(), null);
  assert.strictEqual(await client.get('V92'), 'theirs');

  await client.multi({ pipeline: false });
  assert.strictEqual(await client.set('V92', '3'), 'QUEUED');
  assert.deepStrictEqual(await client.exec(), [[null, 'OK']]);
  await client.quit();
  await other.quit();
}

async function tryNodeRedis() {
  const client = pack.createClient({ socket: { path: socket } });
  const other = client.duplicate();
  client.on('error', fail);
  other.on('error', fail);
  await client.connect();
  await other.connect();
  assert.deepStrictEqual(await client.multi().set('V91', stamp).get('V91').mGet(['V91', 'V188']).exec(),
    ['OK', stamp, [stamp, null]]);

  await assert.rejects(client.multi().set('nonsense', '1').set('V92', '1').exec(), (error) =>
    error.replies.length === 2 && /^WRONGPIN/.test(error.replies[0].message) && error.replies[1] === 'OK');
  assert.strictEqual(await client.get('V92'), '1');

  await assert.rejects(client.multi().set('V92', '2').addCommand(['BLYNK.FLUSH']).exec(), /EXECABORT|not allowed/);
  assert.strictEqual(await client.get('V92'), '1');

  assert.strictEqual(await client.watch('V92'), 'OK');
  assert.strictEqual(await other.set('V92', 'theirs'), 'OK');
  await assert.rejects(client.multi().set('V92', 'mine').exec(), pack.WatchError);
  assert.strictEqual(await client.get('V92'), 'theirs');
  await client.quit();
  await other.quit();
}

const timer = setTimeout(() => fail('no end within 40 s'), 40000);

(name.startsWith('ioredis') ? tryIoredis() : tryNodeRedis()).then(
  () => { clearTimeout(timer); console.log('done'); }, fail);
