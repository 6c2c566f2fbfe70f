import * as api from './api.js';
import { drawn, element, fill } from './messages.js';

const { client } = api;
const $ = (selector) => document.querySelector(selector);
const [door, chat, ask, list, files] = ['#door', '#chat', '#ask', '#list', '#files'].map($);

/** The conversation that is shown, its messages, and the texts of answers that are being written. */
let shown = { id: undefined, messages: [] };
const texts = new Map();
/** What the page follows: the list, and the conversation. */
let following = new AbortController();
let followingChat = new AbortController();
let challenge;
/** Which question is being edited. */
let edited;

function trouble(error) {
  if (error?.status === 401) return enter();
  const place = $('#trouble');
  place.textContent = error ? [error.message, error.hint].filter(Boolean).join(' ') : '';
  place.hidden = !error;
}

/** Runs what somebody clicked, and shows why it could not be. */
const run =
  (work) =>
  async (...given) => {
    try {
      trouble();
      await work(...given);
    } catch (error) {
      trouble(error);
    }
  };

/** Follows something until `signal` says that it is over. */
async function follow(signal, events, each) {
  try {
    for await (const event of events) await each(event);
  } catch (error) {
    if (signal.aborted) return;
    // the rights of the session are other ones now, or it is over
    if (error.code === 'CQ800') run(start)();
    else trouble(error);
  }
}

// The door

function enter() {
  following.abort();
  followingChat.abort();
  door.hidden = false;
  chat.hidden = true;
}

door.onsubmit = run(async (event) => {
  event.preventDefault();
  const { email, password, code } = Object.fromEntries(new FormData(door));
  const isNew = event.submitter?.value === 'new';
  const response = await api.send('/session', challenge ? { challenge, code } : { email, password, isNew });
  ({ challenge } = await response.json());
  $('#code').hidden = !challenge;
  if (!challenge) {
    door.reset();
    await start();
  }
});

$('#leave').onclick = run(async () => {
  await api.send('/session', {}, 'DELETE');
  location.replace('/');
});

// The list

async function readList() {
  const { conversations } = await client.request(api.ListDocument);
  list.replaceChildren(
    ...conversations.nodes.map(({ id, title }) => {
      const button = element('button', { textContent: title ?? 'Chat', onclick: () => open(id) });
      button.setAttribute('aria-current', String(id === shown.id));
      return element('li', {}, button);
    }),
  );
}

function followList() {
  following.abort();
  following = new AbortController();
  const { signal } = following;
  follow(signal, api.subscribe(client, api.ConversationsChangedDocument, {}, { signal }), readList);
}

// a hidden page follows nothing: a browser has six connections to a server, for all of its tabs
document.onvisibilitychange = () => {
  following.abort();
  followingChat.abort();
  if (document.hidden || chat.hidden) return;
  followList();
  if (shown.id) followChat();
};

// The conversation

function draw(all) {
  const place = $('#messages');
  place.replaceChildren(...shown.messages.map((message) => drawn(message, all, on)));
  place.scrollTop = place.scrollHeight;
  const last = shown.messages.at(-1);
  const isWriting = last?.status === 'STREAMING';
  ask.elements.send.hidden = isWriting;
  ask.elements.stop.hidden = !isWriting;
}

async function readChat() {
  const { id } = shown;
  const { conversation } = await client.request(api.ChatDocument, { id });
  if (id !== shown.id) return;
  if (!conversation) return open();
  $('#title').textContent = conversation.title ?? 'Chat';
  const all = conversation.messages.nodes;
  shown.messages = api.branchOf(all, conversation.preferredLeafId);
  for (const message of shown.messages) {
    if (message.status === 'STREAMING') message.content = texts.get(message.id) ?? message.content;
  }
  draw(all);
}

/** Puts a piece of an answer where it belongs. */
function take({ messageId, offset, text }) {
  const whole = (texts.get(messageId) ?? '').slice(0, offset) + text;
  texts.set(messageId, whole);
  const message = shown.messages.find(({ id }) => id === messageId);
  const paragraph = $(`#messages [data-id="${messageId}"] p`);
  if (paragraph) fill(paragraph, whole, (rank) => on.cite(message, rank));
}

function followChat() {
  followingChat.abort();
  followingChat = new AbortController();
  const { signal } = followingChat;
  let isFirst = true;
  texts.clear();
  follow(signal, api.followMessages(client, { conversation: shown.id }, { signal }), async ({ changes }) => {
    changes.forEach(take);
    const known = new Set(shown.messages.map(({ id }) => id));
    const isNew = ({ messageId, status }) => status !== 'STREAMING' || !known.has(messageId);
    // the first event says what is being written; the rest is read
    if (isFirst || changes.some(isNew)) await readChat();
    isFirst = false;
  });
}

function open(id) {
  shown = { id, messages: [] };
  history.replaceState(null, '', id ? `#${id}` : '/');
  $('#title').textContent = '';
  $('#share').hidden = !id;
  $('#link').hidden = true;
  $('#passage').hidden = true;
  edited = undefined;
  draw([]);
  if (id) followChat();
  else followingChat.abort();
  run(readList)();
}
$('#new').onclick = () => open();

/** Asks this server for an answer. All pages, this one too, see it come from the API. */
async function answer(asked) {
  const response = await api.send('/chat', { id: shown.id, ...asked });
  await response.body.cancel();
}

ask.onsubmit = run(async (event) => {
  event.preventDefault();
  const text = ask.elements.question.value.trim();
  if (!text) return;
  const sent = [...files.children].map(({ dataset: { fileId, name } }) => ({
    type: 'data-file',
    data: { fileId, name },
  }));
  if (!shown.id) {
    const title = text.slice(0, 60);
    const { startConversation } = await client.request(api.StartConversationDocument, { title });
    open(startConversation.conversation.id);
  }
  const messageId = edited?.clientId ?? edited?.id;
  edited = undefined;
  ask.reset();
  files.replaceChildren();
  await answer({ parts: [{ type: 'text', text }, ...sent], messageId });
  await readChat();
});

ask.elements.question.onkeydown = (event) => {
  if (event.key === 'Escape') {
    edited = undefined;
    ask.reset();
  }
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask.requestSubmit();
};

ask.elements.stop.onclick = run(async () => {
  const { id } = shown.messages.at(-1);
  await client.request(api.FinishMessageDocument, { input: { messageId: id } });
});

ask.elements.file.onchange = run(async () => {
  const [file] = ask.elements.file.files;
  const { id, originalName } = await api.upload(client, file);
  const line = element('li');
  Object.assign(line.dataset, { fileId: id, name: originalName });
  files.append(line);
  ask.elements.file.value = '';
  for await (const { fileProgress } of api.subscribe(client, api.FileProgressDocument, { fileId: id })) {
    const { stage, chunks } = fileProgress;
    line.dataset.stage = stage;
    line.textContent = `${originalName}: ${stage.toLowerCase()}${chunks ? `, ${chunks} passages` : ''}`;
  }
});

const on = {
  async cite({ id }, rank) {
    const { explainAnswer } = await client.request(api.PassagesDocument, { id });
    const passage = explainAnswer?.chunks.find((chunk) => chunk.rank === rank);
    $('#passage').hidden = false;
    $('#passage h2').textContent = passage?.title ?? 'Passage';
    $('#passage p').textContent = passage?.content ?? 'It cannot be read any more.';
  },
  edit(message) {
    edited = message;
    ask.elements.question.value = message.content;
    ask.elements.question.focus();
  },
  regenerate: ({ clientId, id }) => answer({ messageId: clientId ?? id }),
  async choose(id) {
    await client.request(api.ChooseDocument, { id });
    await readChat();
  },
  async branch({ id }) {
    const { branchConversation } = await client.request(api.BranchDocument, { id });
    open(branchConversation.conversation.id);
  },
  async feedback({ id }, type) {
    await client.request(api.FeedbackDocument, { id, type });
    await readChat();
  },
};
for (const [name, work] of Object.entries(on)) on[name] = run(work);

$('#passage button').onclick = () => {
  $('#passage').hidden = true;
};

// The link

$('#share').onclick = run(async () => {
  const { shareConversation } = await client.request(api.ShareDocument, { id: shown.id });
  const { id, token } = shareConversation.conversationShareLink;
  // behind the #, which browsers send to no server
  const address = `${location.origin}/shared.html#${token}`;
  Object.assign($('#link a'), { href: address, textContent: address });
  $('#link').hidden = false;
  $('#link button').onclick = run(async () => {
    await client.request(api.UnshareDocument, { id });
    $('#link').hidden = true;
  });
});

async function start() {
  const { currentUser } = await client.request(api.MeDocument);
  door.hidden = Boolean(currentUser);
  chat.hidden = !currentUser;
  if (!currentUser) return;
  $('#who').textContent = currentUser.email;
  open(location.hash.slice(1) || undefined);
  followList();
}
run(start)();
