// What somebody sees who has the link: no account, no cookie.
import { client, SharedDocument } from './api.js';
import { element } from './messages.js';

const token = location.hash.slice(1);
try {
  const { readSharedConversation: shared } = await client.request(SharedDocument, { token });
  if (!shared) throw new Error('This link leads to nothing any more.');
  document.querySelector('#title').textContent = shared.title ?? 'Chat';
  document
    .querySelector('#messages')
    .replaceChildren(
      ...shared.messages.map(({ role, content }) =>
        element('li', { className: `message ${role}` }, element('p', { textContent: content })),
      ),
    );
} catch (error) {
  const place = document.querySelector('#trouble');
  place.textContent = error.message;
  place.hidden = false;
}
