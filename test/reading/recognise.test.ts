import { performance } from 'node:perf_hooks';
import { beforeAll, expect, it } from 'vitest';
import { chunkInThread } from '../../chunking/chunk-in-thread.ts';
import { chunkWithLanguages } from '../../chunking/chunk-with-languages.ts';
import { openRecogniser, type Recognise } from '../../reading/language/recognise.ts';

let recognise: Recognise;
beforeAll(async () => {
  recognise = await openRecogniser();
});

/** The same two sentences in each language that has a text search configuration. */
const TEXTS: Record<string, string> = {
  arabic:
    'غمرت المياه قبو مصنع الجعة القديم مرتين في الربيع الماضي، ولذلك ركّب المالك الجديد مضخة. تعمل وحدها حالما يرتفع الماء فوق الدرجة الثانية، ومنذ ذلك الحين بقيت البراميل جافة.',
  armenian:
    'Հին գարեջրատան նկուղը անցյալ գարնանը երկու անգամ ջրով լցվեց, ուստի նոր սեփականատերը պոմպ տեղադրեց։ Այն ինքնուրույն միանում է, հենց որ ջուրը բարձրանում է երկրորդ աստիճանից։',
  basque:
    'Garagardotegi zaharreko sotoa bi aldiz urez bete zen joan den udaberrian, eta jabe berriak ponpa bat jarrarazi zuen. Bere kabuz abiatzen da ura bigarren mailatik gora igotzen denean, eta ordutik upelak lehor egon dira.',
  catalan:
    "El soterrani de la vella cerveseria es va inundar dues vegades la primavera passada, així que el nou propietari hi va fer instal·lar una bomba. Es posa en marxa tota sola quan l'aigua passa del segon esglaó, i des de llavors les bótes s'han mantingut seques.",
  danish:
    'Kælderen i det gamle bryggeri blev oversvømmet to gange sidste forår, så den nye ejer fik sat en pumpe op. Den går i gang af sig selv, så snart vandet når over det andet trin, og siden da har tønderne været tørre.',
  dutch:
    'De kelder van de oude brouwerij stond vorig voorjaar twee keer onder water, dus liet de nieuwe eigenaar een pomp plaatsen. Die slaat vanzelf aan zodra het water boven de tweede tree komt, en sindsdien zijn de vaten droog gebleven.',
  english:
    'The cellar of the old brewery was flooded twice last spring, so the new owner had a pump installed. It starts by itself as soon as the water rises above the second step, and it has kept the barrels dry ever since.',
  estonian:
    'Vana õlletehase kelder oli eelmisel kevadel kaks korda vee all, nii et uus omanik lasi paigaldada pumba. See käivitub ise niipea, kui vesi tõuseb üle teise trepiastme, ja sellest ajast on vaadid kuivaks jäänud.',
  finnish:
    'Vanhan panimon kellari joutui viime keväänä kahdesti veden valtaan, joten uusi omistaja asennutti pumpun. Se käynnistyy itsestään heti kun vesi nousee toisen portaan yläpuolelle, ja siitä lähtien tynnyrit ovat pysyneet kuivina.',
  french:
    "La cave de la vieille brasserie a été inondée deux fois au printemps dernier, si bien que le nouveau propriétaire a fait installer une pompe. Elle démarre toute seule dès que l'eau dépasse la deuxième marche, et depuis les tonneaux sont restés au sec.",
  german:
    'Der Keller der alten Brauerei stand im letzten Frühjahr zweimal unter Wasser, deshalb ließ der neue Besitzer eine Pumpe einbauen. Sie springt von selbst an, sobald das Wasser über die zweite Stufe steigt, und seither sind die Fässer trocken geblieben.',
  greek:
    "Το υπόγειο της παλιάς ζυθοποιίας πλημμύρισε δύο φορές την περασμένη άνοιξη, γι' αυτό ο νέος ιδιοκτήτης έβαλε μια αντλία. Ξεκινά μόνη της μόλις το νερό ανέβει πάνω από το δεύτερο σκαλοπάτι.",
  hindi:
    'पुरानी शराब की भट्ठी का तहखाना पिछले वसंत में दो बार पानी से भर गया, इसलिए नए मालिक ने एक पंप लगवाया। जैसे ही पानी दूसरी सीढ़ी से ऊपर जाता है, वह अपने आप चल पड़ता है।',
  hungarian:
    'A régi sörfőzde pincéjét tavaly tavasszal kétszer is elöntötte a víz, ezért az új tulajdonos szivattyút szereltetett be. Magától elindul, amint a víz a második lépcsőfok fölé emelkedik, és azóta a hordók szárazak maradtak.',
  indonesian:
    'Ruang bawah tanah pabrik bir tua itu kebanjiran dua kali pada musim hujan lalu, sehingga pemilik barunya memasang pompa. Pompa itu menyala sendiri begitu air naik melewati anak tangga kedua, dan sejak itu tong-tongnya tetap kering.',
  irish:
    'Bhí siléar na seanghrúdlainne faoi uisce dhá uair san earrach seo caite, agus mar sin chuir an t-úinéir nua caidéal isteach. Tosaíonn sé uaidh féin chomh luath agus a ardaíonn an t-uisce os cionn an dara céim, agus tá na bairillí tirim ó shin.',
  italian:
    "La cantina del vecchio birrificio si è allagata due volte la primavera scorsa, perciò il nuovo proprietario ha fatto installare una pompa. Parte da sola appena l'acqua supera il secondo gradino, e da allora le botti sono rimaste asciutte.",
  lithuanian:
    'Senosios alaus daryklos rūsys praėjusį pavasarį buvo užlietas du kartus, todėl naujasis savininkas įrengė siurblį. Jis pats įsijungia, kai tik vanduo pakyla virš antrojo laiptelio, ir nuo tada statinės lieka sausos.',
  nepali:
    'पुरानो कारखानाको भुइँतला गत वसन्तमा दुई पटक पानीले भरियो, त्यसैले नयाँ मालिकले पम्प जडान गरे। पानी दोस्रो खुड्किलाभन्दा माथि उठ्नेबित्तिकै यो आफै चल्छ र त्यसयता ड्रमहरू सुक्खा छन्।',
  norwegian:
    'Kjelleren i det gamle bryggeriet ble oversvømt to ganger i fjor vår, så den nye eieren fikk satt inn en pumpe. Den starter av seg selv så snart vannet stiger over det andre trinnet, og siden har tønnene holdt seg tørre.',
  portuguese:
    'A cave da velha cervejaria ficou inundada duas vezes na primavera passada, por isso o novo dono mandou instalar uma bomba. Ela arranca sozinha assim que a água passa do segundo degrau, e desde então os barris têm ficado secos.',
  romanian:
    'Pivnița vechii fabrici de bere a fost inundată de două ori primăvara trecută, așa că noul proprietar a pus să fie instalată o pompă. Aceasta pornește singură de îndată ce apa trece de a doua treaptă, iar de atunci butoaiele au rămas uscate.',
  russian:
    'Прошлой весной подвал старой пивоварни дважды заливало, поэтому новый владелец поставил насос. Он включается сам, как только вода поднимается выше второй ступеньки, и с тех пор бочки остаются сухими.',
  serbian:
    'Подрум старе пиваре је прошлог пролећа два пута поплављен, па је нови власник дао да се угради пумпа. Она се сама укључује чим вода пређе други степеник, и од тада су бурад остала сува.',
  spanish:
    'El sótano de la antigua cervecería se inundó dos veces la primavera pasada, así que el nuevo dueño mandó instalar una bomba. Se pone en marcha sola en cuanto el agua pasa del segundo escalón, y desde entonces los barriles han permanecido secos.',
  swedish:
    'Källaren i det gamla bryggeriet översvämmades två gånger i våras, så den nya ägaren lät installera en pump. Den går igång av sig själv så snart vattnet stiger över det andra trappsteget, och sedan dess har tunnorna hållit sig torra.',
  tamil:
    'பழைய ஆலையின் நிலவறையில் கடந்த வசந்த காலத்தில் இரண்டு முறை தண்ணீர் புகுந்தது, ஆகவே புதிய உரிமையாளர் ஒரு பம்பு பொருத்தினார். தண்ணீர் இரண்டாவது படிக்கு மேல் உயர்ந்தவுடன் அது தானாக இயங்கும்.',
  turkish:
    'Eski bira fabrikasının mahzenini geçen ilkbaharda iki kez su bastı, bu yüzden yeni sahibi bir pompa taktırdı. Su ikinci basamağı geçer geçmez kendiliğinden çalışıyor ve o zamandan beri fıçılar kuru kaldı.',
  yiddish:
    'דער קעלער פון דער אַלטער ברויעריי איז פאַרגאַנגענעם פרילינג צוויי מאָל פאַרפלייצט געוואָרן, דערפאַר האָט דער נײַער אייגנטימער געלאָזט אינסטאַלירן אַ פּאָמפּע.',
};

/** What shares its rules with a neighbour. */
const ALIKE: Record<string, string> = {
  indonesian:
    'Pemilik baharu kilang lama itu memasang pam kerana bilik bawah tanahnya dinaiki air dua kali pada tahun lepas, dan sejak itu semua tong kekal kering.',
  serbian:
    'Podrum stare pivare je prošlog proleća dva puta poplavljen, pa je novi vlasnik dao da se ugradi pumpa. Ona se sama uključuje čim voda pređe drugi stepenik, i od tada su burad ostala suva.',
};

/** What has no configuration must not be taken for something that has. */
const FOREIGN: Record<string, string> = {
  polish:
    'Piwnica starego browaru została zeszłej wiosny dwa razy zalana, więc nowy właściciel kazał zamontować pompę. Włącza się sama, gdy tylko woda przekroczy drugi stopień, i od tamtej pory beczki są suche.',
  czech:
    'Sklep starého pivovaru byl loni na jaře dvakrát zaplaven, a tak nový majitel nechal namontovat čerpadlo. Spustí se samo, jakmile voda vystoupí nad druhý schod, a od té doby zůstaly sudy suché.',
  ukrainian:
    'Минулої весни підвал старої броварні двічі заливало, тому новий власник поставив насос. Він умикається сам, щойно вода підіймається вище другої сходинки, і відтоді бочки залишаються сухими.',
  bulgarian:
    'Мазето на старата пивоварна беше наводнено два пъти миналата пролет, затова новият собственик монтира помпа. Тя се включва сама, щом водата се покачи над второто стъпало, и оттогава бъчвите са сухи.',
  vietnamese:
    'Tầng hầm của nhà máy bia cũ bị ngập hai lần vào mùa xuân năm ngoái, vì vậy người chủ mới đã cho lắp một máy bơm. Máy tự chạy ngay khi nước dâng quá bậc thang thứ hai.',
  afrikaans:
    "Die kelder van die ou brouery het verlede lente twee keer oorstroom, so die nuwe eienaar het 'n pomp laat insit. Dit begin vanself sodra die water bo die tweede trap styg, en sedertdien het die vate droog gebly.",
  galician:
    'O soto da vella cervexaría inundouse dúas veces a primavera pasada, así que o novo dono mandou instalar unha bomba. Ponse en marcha soa en canto a auga pasa do segundo chanzo, e desde entón os barrís seguen secos.',
  latin:
    'Cella veteris officinae cerevisiae vere proximo bis aqua completa est, itaque novus dominus antliam collocari iussit. Ea sua sponte movetur simul atque aqua super secundum gradum ascendit.',
  swahili:
    'Ghorofa ya chini ya kiwanda cha zamani cha bia ilijaa maji mara mbili mwaka jana, kwa hiyo mmiliki mpya aliweka pampu. Inaanza yenyewe mara tu maji yanapopanda juu ya ngazi ya pili.',
  chinese:
    '去年春天，老啤酒厂的地下室两次被水淹没，所以新主人安装了一台水泵。水一漫过第二级台阶，它就会自动启动。',
  japanese: '去年の春、古い醸造所の地下室が二度も水に浸かったので、新しい持ち主はポンプを取り付けた。',
  korean:
    '지난봄에 오래된 양조장 지하실이 두 번이나 물에 잠겨서 새 주인이 펌프를 설치했다. 그 뒤로 통들은 말라 있다.',
  thai: 'เมื่อฤดูใบไม้ผลิปีที่แล้ว ห้องใต้ดินของโรงเบียร์เก่าน้ำท่วมสองครั้ง เจ้าของใหม่จึงติดตั้งเครื่องสูบน้ำ',
  hebrew: 'באביב שעבר הוצף המרתף של המבשלה הישנה פעמיים, ולכן הבעלים החדש התקין משאבה שמתחילה לפעול מעצמה.',
};

/** What is no prose. */
const NO_PROSE: Record<string, string> = {
  code: 'export async function readRows(pool: Pool, ids: string[]): Promise<Row[]> { const { rows } = await pool.query(sql, [ids]); return rows.map((row) => ({ ...row, name: row.name.trim() })); }',
  'a fence':
    '```\nDie Pumpe springt von selbst an, sobald das Wasser über die zweite Stufe steigt, und seither ist es trocken.\n```',
  'a log':
    '2026-11-27T09:13:28Z ERROR pool-3-thread-1 com.example.Scheduler - job 8812 failed: java.net.SocketTimeoutException at com.example.Http.get(Http.java:88) retry=3 backoff=400ms',
  'a table': Array.from({ length: 20 }, (_, i) => `| A${i} | ${i * 7},50 | 2026-01-${i + 10} |`).join('\n'),
  addresses:
    'https://example.org/die/alten/haeuser/am/hafen https://example.org/wurden/im/herbst/verkauft?und=renoviert',
  base64: 'TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNlY3RldHVyIGFkaXBpc2NpbmcgZWxpdA'.repeat(50),
  numbers: '1 2 3 4 5 6 7 8 9 10 '.repeat(20),
  nothing: '',
  'half of a character': '\ud800 \udc00 \0 '.repeat(20),
};

it.each(Object.entries(TEXTS))('recognises %s', (language, text) => {
  expect(recognise(text)).toBe(language);
});

it.each(Object.entries(ALIKE))('takes for %s what is found by its rules', (language, text) => {
  expect(recognise(text)).toBe(language);
});

it.each([...Object.entries(FOREIGN), ...Object.entries(NO_PROSE)])('does not name %s', (_, text) => {
  expect(recognise(text)).toBeNull();
});

it('knows all that PostgreSQL has rules for', () => {
  expect(Object.keys(TEXTS)).toHaveLength(29);
});

it('names nothing that is short', () => {
  for (const text of ['Ok.', 'Danke schön!', 'Where is the key?', 'Der Schlüssel liegt im Büro.'])
    expect(recognise(text)).toBeNull();
});

it('does not guess from a few words: a clear sentence has a language, a list of names has none', () => {
  expect(recognise('Der Schlüssel liegt in der obersten Schublade.')).toBe('german');
  for (const text of [
    'Hans, Peter, Maria, Anna, Johannes, Klara',
    'Oslo, Bergen, Trondheim, Stavanger, Bodo',
    'The Beatles: Abbey Road, Revolver, Help',
    'senor, banco, hotel, taxi, radio, television',
  ])
    expect(recognise(text), text).toBeNull();
});

it('reads the prose around code and names', () => {
  expect(
    recognise(
      'Mit `select count(*) from orders` zählt man die Bestellungen; die Funktion `loadOrders()` aus https://example.org/orders.ts holt sie danach seitenweise ab.',
    ),
  ).toBe('german');
  expect(recognise(`${TEXTS.german}\n\n\`\`\`\n${TEXTS.english}\n\`\`\``)).toBe('german');
});

it('names the language of each passage, here as in the thread, and leaves declared code alone', async () => {
  const sizes = { chunkSize: 100, chunkOverlap: 0 };
  const content = Array.from({ length: 50 }, () => `${TEXTS.german}\n\n${TEXTS.english}`).join('\n\n');
  const here = await chunkWithLanguages({ content, contentType: 'text' }, sizes);
  expect(new Set(here.map(({ language }) => language))).toEqual(new Set(['german', 'english']));
  expect(content.length).toBeGreaterThan(10_000);
  expect(await chunkInThread({ content, contentType: 'text' }, sizes)).toEqual(here);
  const code = await chunkWithLanguages({ content, contentType: 'code', language: 'python' }, sizes);
  expect(new Set(code.map(({ language }) => language))).toEqual(new Set([null]));
});

it('costs little of what cutting costs, whatever the text is', () => {
  const texts = [...Object.values(TEXTS), ...Object.values(NO_PROSE), `${TEXTS.german} `.repeat(400)];
  for (const text of texts) recognise(text);
  const best = texts.map((text) =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const started = performance.now();
        recognise(text);
        return performance.now() - started;
      }),
    ),
  );
  // 0.2 ms when nothing else runs; a text of 90,000 characters 4 ms
  expect(best.toSorted((a, b) => a - b)[Math.floor(best.length / 2)]).toBeLessThan(2);
  expect(Math.max(...best)).toBeLessThan(50);
});
