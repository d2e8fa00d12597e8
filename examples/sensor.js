#!/usr/bin/env node
// A sensor and a switch, for Node: node sensor.js [SECONDS]
//
// Writes the machine's load to V5 every so many seconds, and when the app writes V6 does what it says (here: prints it)
// and reports the new state on V7. At its end it waits until Blynk has confirmed all. Needs: npm install ioredis
'use strict';

const os = require('os');
const Redis = require('ioredis');

const socket = process.env.BLYNKD_SOCKET || '/run/blynkd/blynkd.sock';
const intervalMs = Number(process.argv[2] || 10) * 1000;

const blynk = new Redis(socket);
const messages = new Redis(socket); // a connection with subscriptions takes no other commands
const complain = (error) => console.error(error.message); // ioredis connects again by itself

async function measure() {
  await blynk.set('V5', os.loadavg()[0].toFixed(2)).catch(complain);
}

async function react(pin, value) {
  console.log(`${pin} is now ${value}`);
  await blynk.set('V7', value).catch(complain);
}

let timer;

async function end() {
  clearInterval(timer);
  const left = await blynk.call('BLYNK.FLUSH', 30000, 'ALL');
  console.log(left === 0 ? 'all confirmed' : `${left} not confirmed yet; the daemon goes on`);
  blynk.disconnect();
  messages.disconnect();
  process.exitCode = left === 0 ? 0 : 1;
}

function endOnce() {
  process.removeAllListeners('SIGTERM');
  process.removeAllListeners('SIGINT');
  end().catch((error) => { complain(error); process.exit(1); });
}

async function main() {
  blynk.on('error', complain);
  messages.on('error', complain);
  messages.on('message', react);
  process.on('SIGTERM', endOnce);
  process.on('SIGINT', endOnce);
  await messages.subscribe('V6');
  await blynk.call('BLYNK.SYNC', 'V6').catch(complain); // where the switch stands now
  await measure();
  timer = setInterval(measure, intervalMs);
  console.log('ready');
}

main().catch((error) => { complain(error); process.exit(1); });
