// How messages are drawn. What a model or a person wrote becomes text nodes and nothing else: it is never read as HTML.

/** An element with properties and children; strings among them are text. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const button = (text, onclick, properties = {}) =>
  element('button', { type: 'button', className: 'quiet', textContent: text, onclick, ...properties });

/** Fills an element with a text in which [1] opens the first passage of the answer. */
export function fill(paragraph, text, onCitation) {
  const pieces = text.split(/\[(\d{1,2})\]/);
  paragraph.replaceChildren(
    ...pieces.map((piece, place) =>
      place % 2 === 0 ? piece : button(piece, () => onCitation(Number(piece)), { className: 'citation' }),
    ),
  );
}

/** What each message follows, by its id. Those from before there were branches say no parent, and follow one another. */
function parentsOf(all) {
  const parents = new Map();
  let before;
  for (const { id, parentId, replacesId } of all) {
    if (parentId || replacesId) parents.set(id, parentId ?? parents.get(replacesId));
    else {
      parents.set(id, before);
      before = id;
    }
  }
  return parents;
}

/** The versions of a message: what follows the same one, by the same side. */
function versionsOf(message, all) {
  const parents = parentsOf(all);
  return all.filter(({ id, role }) => role === message.role && parents.get(id) === parents.get(message.id));
}

/** Which version of a message is shown, and buttons to the others. */
function versions(message, all, on) {
  const ids = versionsOf(message, all).map(({ id }) => id);
  const place = ids.indexOf(message.id);
  if (ids.length < 2) return [];
  const to = (other, text, title) =>
    button(text, () => on.choose(ids[other]), { title, disabled: !(other in ids) });
  return [
    to(place - 1, '‹', 'Version before'),
    `${place + 1} of ${ids.length}`,
    to(place + 1, '›', 'Version after'),
  ];
}

function tools(message, all, on) {
  if (message.status === 'STREAMING') return [];
  const shown = versions(message, all, on);
  if (message.role === 'USER') return [...shown, button('Edit', () => on.edit(message))];
  const given = message.feedback.nodes[0]?.feedbackType;
  const judge = (type, text) => {
    const made = button(text, () => on.feedback(message, given === type ? 'NEUTRAL' : type));
    made.setAttribute('aria-pressed', String(given === type));
    return made;
  };
  return [
    ...shown,
    judge('POSITIVE', 'Good'),
    judge('NEGATIVE', 'Bad'),
    button('Answer again', () => on.regenerate(message)),
    button('Go on elsewhere', () => on.branch(message)),
  ];
}

/** A file that was sent with a question. */
const attached = ({ data: { fileId, name } }) =>
  element('a', {
    href: `/api/files/${encodeURIComponent(fileId)}`,
    textContent: name,
    download: name,
  });

/** A message. `on` has what its buttons do. */
export function drawn(message, all, on) {
  const paragraph = element('p');
  fill(paragraph, message.content, (rank) => on.cite(message, rank));
  const files = (message.parts ?? []).filter(({ type }) => type === 'data-file').map(attached);
  const line = element('div', { className: 'tools' }, ...files, ...tools(message, all, on));
  const item = element('li', { className: `message ${message.role} ${message.status}` }, paragraph, line);
  item.dataset.id = message.id;
  return item;
}
