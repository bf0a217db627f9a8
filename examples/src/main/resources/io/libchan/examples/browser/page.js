import { channel, connect } from 'libchan';

const MADE_PER_SECOND = 200;
const HANDLED_PER_SECOND = 40;
const UNDER_WAY = 16; // events that were sent and are not received
const DRAWN_SECONDS = 30;
const NOISE_BYTES = 32 << 20;

const $ = (selector) => document.querySelector(selector);
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

function state(name, text) {
  $('#state').dataset.state = name;
  $('#state b').textContent = text;
}

// ---- request with a return channel ----

async function ask(session) {
  const questions = await session.open('questions');
  const output = $('#ask output');
  const note = $('#ask small');
  async function submit() {
    const { sender, receiver } = channel(64);
    const found = [];
    output.className = 'big';
    output.textContent = '…';
    const before = performance.now();
    try {
      const number = Number($('#ask input').value.replace(/[\s,.']/g, '')) || 0;
      await questions.send({ number, factors: sender });
      for await (const { prime } of receiver) {
        found.push(prime);
        output.textContent = found.join(' × ');
      }
      note.textContent = `${found.length} message${found.length === 1 ? '' : 's'} on the return channel, then its end, in ${Math.round(performance.now() - before)} ms`;
    } catch (error) {
      output.className = 'bad';
      output.textContent = error.reason?.message || error.message;
      note.textContent = `the channel failed: ${error.code ?? error.name}`;
    }
  }
  $('#ask form').onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  await submit();
}

// ---- events ----

async function watch(session) {
  const { sender, receiver } = channel(UNDER_WAY);
  const subscriptions = await session.open('subscriptions');
  await subscriptions.send({ perSecond: MADE_PER_SECOND, events: sender });
  const box = $('#events input');
  const queue = []; // what was taken and not handled: grows without back-pressure
  const lags = [];
  let made = 0;
  let shown = { number: 0, lag: 0 };

  function explain() {
    $('#events em').textContent = box.checked
      ? 'on: the page takes an event when it can handle one, so the server waits'
      : 'off: the page takes all there is and queues it, so it falls behind';
  }
  box.onchange = explain;
  explain();

  // Without back-pressure events are received as they come, and wait here; with it they are received one by one.
  const mayTake = () => !box.checked || queue.length === 0;
  async function take() {
    for (;;) {
      while (!mayTake()) {
        await pause(5);
      }
      const event = await receiver.receive();
      made = event.number;
      queue.push(event);
    }
  }
  async function handle() {
    for (let due = performance.now(); ; due = Math.max(due + 1000 / HANDLED_PER_SECOND, performance.now() - 500)) {
      await pause(Math.max(0, due - performance.now()));
      const event = queue.shift();
      if (event !== undefined) {
        shown = { number: event.number, lag: Math.max(0, Date.now() - event.madeMillis) / 1000 };
      }
    }
  }
  let before = { made: 0, at: performance.now() };
  setInterval(() => {
    const now = performance.now();
    if (now - before.at > 1000) {
      $('[data-figure=rate]').textContent = Math.round((made - before.made) / (now - before.at) * 1000);
      before = { made, at: now };
    }
    lags.push(shown.lag);
    lags.splice(0, lags.length - DRAWN_SECONDS * 5);
    $('[data-figure=lag]').textContent = `${shown.lag.toFixed(1)} s`;
    $('[data-figure=waiting]').textContent = queue.length;
    draw($('#events canvas'), lags);
  }, 200);
  await Promise.all([take(), handle()]);
}

function draw(canvas, values) {
  const context = canvas.getContext('2d');
  const scale = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * scale;
  canvas.height = height * scale;
  context.scale(scale, scale);
  const most = Math.max(2, ...values);
  const x = (index) => index * width / (DRAWN_SECONDS * 5 - 1);
  const y = (value) => height - 2 - value * (height - 20) / most;
  canvas.className = $('#events input').checked ? '' : 'bad';
  context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
  context.globalAlpha = 0.6;
  context.font = '12px system-ui, sans-serif';
  context.fillText(`${most.toFixed(0)} s`, 0, 12);
  context.fillRect(0, height - 1, width, 1);
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.beginPath();
  values.forEach((value, index) => context.lineTo(x(index), y(value)));
  context.stroke();
}

// ---- upload ----

async function upload(session) {
  const uploads = await session.open('uploads');
  const [bar, output, note] = ['progress', 'output', 'small'].map((part) => $(`#upload ${part}`));
  async function send(name, size, bytes) {
    const { sender, receiver } = channel(4);
    const before = performance.now();
    bar.value = 0;
    note.textContent = ' ';
    try {
      await uploads.send({ name, bytes, progress: sender });
      for await (const progress of receiver) {
        bar.value = size === 0 ? 1 : progress.bytes / size;
        const rate = progress.bytes / 1048576 / (performance.now() - before) * 1000;
        output.textContent = `${name}: ${(progress.bytes / 1048576).toFixed(1)} MiB at ${rate.toFixed(0)} MiB/s`;
        note.textContent = progress.sha256 === '' ? ' ' : `SHA-256 ${progress.sha256}`;
      }
    } catch (error) {
      output.textContent = `${name}: ${error.message}`;
    }
  }
  $('#upload input').onchange = ({ target }) => {
    const [file] = target.files;
    if (file !== undefined) {
      send(file.name, file.size, file.stream());
    }
  };
  $('#upload button').onclick = () => send('noise', NOISE_BYTES, noise(NOISE_BYTES));
}

/** Random bytes, made as they are asked for. */
function noise(size) {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      const chunk = crypto.getRandomValues(new Uint8Array(Math.min(left, 65536)));
      controller.enqueue(chunk);
      left -= chunk.length;
      if (left === 0) {
        controller.close();
      }
    },
  });
}

// ---- a channel from the server ----

async function sit(session) {
  const seats = await session.accept('seat');
  const { name, say, hear } = await seats.receive();
  const list = $('#room ol');
  $('#room form').onsubmit = async (event) => {
    event.preventDefault();
    const input = $('#room input');
    const text = input.value.trim();
    if (text !== '') {
      input.value = '';
      await say.send({ who: name, text });
    }
  };
  for await (const { who, text } of hear) {
    const line = document.createElement('li');
    const speaker = document.createElement('b');
    speaker.textContent = who === name ? `${who} (you)` : who;
    line.className = who === 'room' ? 'room' : '';
    line.append(...(who === 'room' ? [text] : [speaker, text]));
    list.append(line);
    list.scrollTop = list.scrollHeight;
  }
}

// ---- the session ----

async function run() {
  const session = await connect(new URL('live', location.href.replace(/^http/, 'ws')), { node: 'page' });
  state('open', `connected to ${session.peer.node}`);
  for (const part of [ask, watch, upload, sit]) {
    part(session).catch(() => {}); // ends with the session
  }
  return session.closed;
}

for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
  try {
    state('over', `over: ${await run()}`);
    break;
  } catch (error) {
    state('over', error.message);
    await pause(wait);
  }
}
