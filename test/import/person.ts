import { docx, pdf, zip } from '../support/files.ts';
import {
  called,
  chatgptConversation,
  claudeMessage,
  said,
  thoughtOf,
  toolSaid,
  words,
} from './chat-exports.ts';
import type { Content } from './helpers.ts';

/** What one person has in other places, and what they ask afterwards: in words of their own, and of what lies hidden. */

/** A question, and what it is to find. */
export interface Question {
  ask: string;
  of: 'chatgpt' | 'claude' | 'slack' | 'notes';
  /** The source, as the first result names it: its kind and title, and its text. */
  first: RegExp;
  /** The answer, in one of the first three. */
  says: RegExp;
}

const CITE = '\ue200cite\ue202turn0search0\ue201';

const canvas = (id: string, action: string, payload: object) => ({
  ...said(id, 'assistant', ''),
  content: { content_type: 'code', language: 'json', text: JSON.stringify(payload) },
  recipient: `canmore.${action}_textdoc`,
});

const chatgpt = [
  chatgptConversation(
    'bread',
    [
      said('b1', 'user', 'My loaf stays flat and gummy. What am I doing wrong?'),
      thoughtOf('bt', [
        { summary: 'Guessing', content: 'Perhaps the yeast is dead, the loaf cannot rise then.' },
      ]),
      said(
        'b2',
        'assistant',
        'The dough ferments too short a time and the oven is too cool at the start. Wait until a poked dent comes back slowly, and heat the iron pot to 250 °C before the dough goes in.',
      ),
    ],
    'Sourdough trouble',
  ),
  chatgptConversation(
    'pump',
    [
      said('p1', 'user', 'Research heating for my old stone house.'),
      { ...said('p2', 'assistant', '{"path":"/start"}'), recipient: 'api_tool.call_tool' },
      toolSaid('p3', 'api_tool.call_tool', '', {
        chatgpt_sdk: {
          widget_state: JSON.stringify({
            plan: { title: 'Heating an old stone house' },
            report_message: {
              id: 'pr',
              content: {
                parts: [
                  '# Heating an old stone house\n\nA heat pump that draws from outside air works with large radiators.\n\n## Neighbours\n\nAt night the fan may not be louder than 35 decibels at the next bedroom window; a bonnet around it takes away half of the sound.',
                ],
              },
            },
          }),
        },
      }),
    ],
    'Heating',
  ),
  chatgptConversation(
    'trip',
    [
      said('t1', 'user', 'Plan a week on the islands.'),
      canvas('t2', 'create', {
        name: 'Lofoten week',
        type: 'document',
        content: '# Lofoten week\n\nMonday: drive to Bodø.\n\nTuesday: rest.\n\nWednesday: hike up Ryten.',
      }),
      toolSaid('t3', 'canmore', 'Done.', { canvas: { textdoc_id: 'lofoten', title: 'Lofoten week' } }),
      canvas('t4', 'update', {
        updates: [
          {
            pattern: 'Tuesday: rest\\.',
            multiple: false,
            replacement: 'Tuesday: ship across to Moskenes at 7.',
          },
        ],
      }),
      toolSaid('t5', 'canmore', 'Done.', { canvas: { textdoc_id: 'lofoten' } }),
    ],
    'Holiday',
  ),
  chatgptConversation(
    'coffee',
    [
      said('c1', 'user', 'When did people here start to drink coffee?'),
      said(
        'c2',
        'assistant',
        `Traders from Venice carried the beans home from Ottoman harbours around 1600 ${CITE}.`,
        {
          content_references: [
            { matched_text: CITE, items: [{ title: 'A history of the bean', url: 'https://bean.example/' }] },
          ],
        },
      ),
    ],
    'Old drinks',
  ),
  chatgptConversation(
    'laundry',
    [
      said('l1', 'user', 'Is this still covered?', {
        attachments: [{ id: 'file-Wash1', name: 'guarantee.pdf' }],
      }),
      said('l2', 'assistant', 'Yes.'),
    ],
    'Papers',
  ),
  chatgptConversation(
    'self',
    [
      said('s1', 'user', 'Please keep in mind what I cannot eat.'),
      { ...said('s2', 'assistant', 'Gets a rash from hazelnuts and walnuts.'), recipient: 'bio' },
      toolSaid('s3', 'bio', 'Model set context updated.'),
      said('s4', 'assistant', 'Noted.'),
    ],
    'About me',
  ),
];

const conversation = (uuid: string, name: string, messages: unknown[]) => ({
  uuid,
  name,
  created_at: '2026-02-01T09:59:00Z',
  updated_at: '2026-02-01T11:00:00Z',
  account: { uuid: 'acc' },
  chat_messages: messages,
});

const claude = {
  'conversations.json': JSON.stringify([
    conversation('cl-job', 'Application', [
      claudeMessage('j1', 'human', [words('Help me apply for the post at the museum.')], 0),
      claudeMessage(
        'j2',
        'assistant',
        [
          ...called('artifacts', {
            id: 'cover',
            command: 'create',
            type: 'text/markdown',
            title: 'Cover letter',
            content:
              '# Cover letter\n\nFor six years I have mended tapestries and cleaned gilded frames in the workshop of the cathedral.',
          }),
          words('Shall I make it shorter?'),
        ],
        1,
      ),
    ]),
    conversation('cl-money', 'Money', [
      claudeMessage('m1', 'human', [words('Write down our budget.')], 0),
      claudeMessage(
        'm2',
        'assistant',
        called('create_file', {
          path: '/mnt/user-data/outputs/budget.md',
          file_text: '# Budget\n\nRent 900, groceries 420, the children’s swimming lessons 65 a month.',
        }),
        1,
      ),
    ]),
    conversation('cl-lease', 'Moving out', [
      {
        ...claudeMessage('r1', 'human', [words('What does my contract say?')], 0),
        attachments: [
          {
            id: 'lease',
            file_name: 'lease.txt',
            extracted_content:
              'Rental contract for the flat in Mill Lane. Either side may end it in writing three months before the last day of a quarter.',
          },
        ],
      },
      claudeMessage('r2', 'assistant', [words('You have to tell them in time.')], 1),
    ]),
    conversation('cl-photos', 'Photos', [
      claudeMessage('f1', 'human', [words('I have thousands of pictures with useless names.')], 0),
      claudeMessage(
        'f2',
        'assistant',
        [
          { type: 'thinking', thinking: 'I could propose to delete the pictures.' },
          words(
            'This script renames each JPEG after the day on which it was taken: exiftool "-FileName<DateTimeOriginal" -d %Y-%m-%d.jpg .',
          ),
        ],
        1,
      ),
    ]),
  ]),
  'projects.json': JSON.stringify([
    {
      uuid: 'house',
      name: 'Renovation',
      description: 'The old house, room by room',
      prompt_template: 'Answer as a patient craftsman would.',
      docs: [
        {
          uuid: 'paint',
          filename: 'colours.md',
          content: '# Colours\n\nBedroom: sage green, two coats. Hall: chalk white. Cellar door: oxblood.',
        },
      ],
    },
  ]),
  'memories.json': JSON.stringify([
    {
      account_uuid: 'acc',
      conversations_memory: '**Free time**\n\nMara plays the cello in an amateur quartet on Thursdays.',
    },
  ]),
  'users.json': JSON.stringify([{ uuid: 'acc', full_name: 'Mara' }]),
};

const stamp = (iso: string) => `${Date.parse(iso) / 1000}.000100`;
const message = (user: string, at: string, text: string, more: object = {}) => ({
  type: 'message',
  user,
  text,
  ts: stamp(at),
  ...more,
});
const KEY = stamp('2025-03-03T09:00:00Z');

/** The weekly letter to all: what is asked for stands at its end. */
const LETTER = [
  'Good morning everybody, here is what happened this week.',
  'The new chairs have come and stand in the hall; take one if yours squeaks.',
  'Payroll asks for all sick notes before the twentieth.',
  'The lift is inspected on Wednesday morning, so use the stairs then.',
  'Sales won the tender for the hospital after nine months of waiting.',
  'Please empty the fridge on Friday; whatever has no name on it is thrown away.',
  'The car park gate opens with the badge only from now on.',
  'And at last: in October the whole company travels to Porto for three days, to plan the coming year.',
].join(' ');

const slack = {
  'users.json': JSON.stringify([
    { id: 'U1', name: 'ines', profile: { display_name: 'ines', real_name: 'Ines Okoro' } },
    { id: 'U2', name: 'tomas', deleted: true, profile: { display_name: '', real_name: 'Tomas Lind' } },
  ]),
  'channels.json': JSON.stringify([
    { id: 'C1', name: 'office' },
    { id: 'C2', name: 'alerts' },
  ]),
  'canvases.json': JSON.stringify([
    {
      id: 'F1',
      title: 'Welcome',
      document_content: {
        markdown:
          '# Welcome\n\nOn your first day fetch the laptop from Pia in room 12, then have your picture taken for the badge.',
      },
    },
  ]),
  'office/2025-03-03.json': JSON.stringify([
    message('U1', '2025-03-03T09:00:00Z', 'Does anybody know where the key of the server room is?', {
      thread_ts: KEY,
      reply_count: 1,
    }),
    message('U2', '2025-03-03T12:00:00Z', LETTER),
    message('U2', '2025-03-03T13:00:00Z', 'has joined', { subtype: 'channel_join' }),
  ]),
  'office/2025-03-06.json': JSON.stringify([
    message('U2', '2025-03-06T08:00:00Z', 'It hangs on the hook behind the coffee machine, <@U1>.', {
      thread_ts: KEY,
      parent_user_id: 'U1',
    }),
    message('U1', '2025-03-06T10:00:00Z', '', {
      files: [
        {
          id: 'F9',
          name: 'fire-drill.pdf',
          title: 'Where to meet when the alarm rings',
          mimetype: 'application/pdf',
        },
      ],
    }),
  ]),
  'alerts/2025-03-04.json': JSON.stringify([
    {
      type: 'message',
      subtype: 'bot_message',
      bot_id: 'B1',
      username: 'watchdog',
      text: '',
      ts: stamp('2025-03-04T03:00:00Z'),
      attachments: [
        {
          fallback: '[FIRING] volume almost full',
          title: 'Volume almost full',
          fields: [
            { title: 'Machine', value: 'heron-07' },
            { title: 'Used', value: '96 %' },
          ],
        },
      ],
    },
  ]),
};

const notes: Record<string, Content> = {
  'kitchen/plums.md':
    '---\ntitle: Zwetschgendatschi\n---\n\nYeast dough, thirty halved plums, crumbs of butter and sugar; half an hour at 190 degrees.',
  'house/boiler.pdf': pdf([
    [
      'Gas boiler K20',
      'Fault E07: there is too little water in the circuit.',
      'Fill it up until the needle stands at 1.5 bar.',
    ],
  ]),
  'club/minutes.docx': docx([
    { text: 'Minutes of the allotment club', heading: 1 },
    { text: 'The taps on the paths are shut off on the tenth of November because of the frost.' },
  ]),
  'saved/knots.html':
    '<html><head><title>Knots</title><script>var a=1</script></head><body><h1>Bowline</h1><p>Makes a loop at the end of a rope that does not slip, and opens easily afterwards.</p></body></html>',
  // as an old editor wrote it
  'termine.txt': Buffer.from(
    'Zahnarzt Dr. Müller: Dienstag, 9. Juni, halb elf. Röntgenbilder mitbringen.',
    'latin1',
  ),
  'work/growth.ipynb': JSON.stringify({
    cells: [
      {
        cell_type: 'markdown',
        source: ['# Seedlings\n', 'Tomatoes under the lamp grew twice as tall as those on the sill.'],
      },
      {
        cell_type: 'code',
        source: ['plot(heights)'],
        outputs: [{ output_type: 'display_data', data: { 'image/png': 'iVBORw0KGgo'.repeat(3000) } }],
      },
    ],
    metadata: {},
    nbformat: 4,
  }),
};

/** Talk of many others, so that there is something to choose from. */
const more = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const things = [
      'bicycles',
      'maps',
      'old coins',
      'tents',
      'radios',
      'violins',
      'roses',
      'clocks',
      'boats',
      'cameras',
    ];
    const deeds = [
      'repair',
      'sell',
      'clean',
      'store',
      'compare',
      'photograph',
      'insure',
      'paint',
      'lend',
      'describe',
    ];
    const [thing, deed] = [things[n % 10], deeds[Math.floor(n / 10) % 10]];
    return chatgptConversation(
      `more-${n}`,
      [
        said(`x${n}`, 'user', `How do I best ${deed} ${thing} in year ${1950 + n}?`),
        said(
          `y${n}`,
          'assistant',
          `To ${deed} ${thing} take your time, number ${n} of the list says: first look, then begin.`,
        ),
      ],
      `${deed} ${thing}`,
    );
  });

/** The four things that are handed over, as files of one folder. */
export const belongings = (others: number): Record<string, Content> => ({
  'chatgpt.zip': zip({
    'conversations-000.json': JSON.stringify(chatgpt.slice(0, 3)),
    'conversations-001.json': JSON.stringify([...chatgpt.slice(3), ...more(others)]),
    'file-Wash1.dat': pdf([
      ['Washing machine W9', 'The drum and its bearings are guaranteed for ten years.'],
    ]),
    'conversation_asset_file_names.json': JSON.stringify({ 'file-Wash1.dat': 'guarantee.pdf' }),
    'chat.html': '<html></html>',
    'user.json': '{}',
  }),
  'claude.zip': zip(claude),
  'slack.zip': zip(slack),
  ...Object.fromEntries(Object.entries(notes).map(([path, content]) => [`notes/${path}`, content])),
});

export const questions: Question[] = [
  {
    of: 'chatgpt',
    ask: 'my sourdough does not rise, what helps',
    first: /^MESSAGE Sourdough trouble/,
    says: /ferments/,
  },
  {
    of: 'chatgpt',
    ask: 'how noisy can the heating unit outside be after dark',
    first: /^MESSAGE Heating/,
    says: /35 decibels/,
  },
  {
    of: 'chatgpt',
    ask: 'what time is the ferry in our Lofoten week',
    first: /^DOCUMENT Lofoten week/,
    says: /Moskenes at 7/,
  },
  { of: 'chatgpt', ask: 'how did coffee get to Europe', first: /^MESSAGE Old drinks/, says: /bean\.example/ },
  {
    of: 'chatgpt',
    ask: 'how long is the warranty of the washing machine',
    first: /^DOCUMENT guarantee/,
    says: /ten years/,
  },
  {
    of: 'chatgpt',
    ask: 'which nuts am I allergic to',
    first: /^(?:MEMORY|MESSAGE) .*walnuts/,
    says: /walnuts/,
  },
  {
    of: 'claude',
    ask: 'letter about my experience with restoring art',
    first: /^DOCUMENT Cover letter/,
    says: /tapestries/,
  },
  {
    of: 'claude',
    ask: 'how much do we pay for the kids to learn to swim',
    first: /^DOCUMENT budget/,
    says: /65 a month/,
  },
  {
    of: 'claude',
    ask: 'how many months before must I end the rental contract',
    first: /^DOCUMENT lease/,
    says: /three months/,
  },
  {
    of: 'claude',
    ask: 'command to name photos by the date they were shot',
    first: /^MESSAGE Photos/,
    says: /exiftool/,
  },
  {
    of: 'claude',
    ask: 'which colour did we choose for the bedroom',
    first: /^DOCUMENT Colours/,
    says: /sage green/,
  },
  {
    of: 'claude',
    ask: 'what musical instrument does Mara play',
    first: /^MEMORY .*Free time/,
    says: /cello/,
  },
  {
    of: 'slack',
    ask: 'where can I find the server room key',
    first: /^EVENT #office: .*server room/,
    says: /hook/,
  },
  {
    of: 'slack',
    ask: 'where does the company trip in autumn go to',
    first: /^EVENT #office: Tomas Lind/,
    says: /Porto/,
  },
  {
    of: 'slack',
    ask: 'which host had its disk nearly full',
    first: /^EVENT #alerts: watchdog/,
    says: /heron-07/,
  },
  {
    of: 'slack',
    ask: 'what happens on the first day of a new colleague',
    first: /^DOCUMENT Welcome/,
    says: /laptop from Pia/,
  },
  {
    of: 'slack',
    ask: 'where do we meet if there is a fire alarm',
    first: /^EVENT #office: ines/,
    says: /fire-drill\.pdf/,
  },
  { of: 'notes', ask: 'recipe for plum cake', first: /^DOCUMENT Zwetschgendatschi/, says: /190 degrees/ },
  {
    of: 'notes',
    ask: 'what does error E07 of the boiler mean',
    first: /^DOCUMENT boiler/,
    says: /too little water/,
  },
  {
    of: 'notes',
    ask: 'when do they shut off the water at the allotment',
    first: /^DOCUMENT Minutes/,
    says: /tenth of November/,
  },
  {
    of: 'notes',
    ask: 'which knot gives a loop that stays as it is',
    first: /^DOCUMENT Knots/,
    says: /does not slip/,
  },
  { of: 'notes', ask: 'Wann muss ich zum Zahnarzt?', first: /^DOCUMENT termine/, says: /halb elf/ },
  {
    of: 'notes',
    ask: 'did the tomatoes grow better under the lamp',
    first: /^DOCUMENT Seedlings/,
    says: /twice as tall/,
  },
];
