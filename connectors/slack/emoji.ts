/** Short names that people use most, https://github.com/iamcal/emoji-data; others stay `:name:`. */
const PAIRS =
  '+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 smile 😄 smiley 😃 grinning 😀 grin 😁 laughing 😆 joy 😂 ' +
  'rolling_on_the_floor_laughing 🤣 rofl 🤣 slightly_smiling_face 🙂 upside_down_face 🙃 wink 😉 blush 😊 ' +
  'innocent 😇 heart_eyes 😍 star-struck 🤩 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 zany_face 🤪 hugging_face 🤗 ' +
  'thinking_face 🤔 neutral_face 😐 expressionless 😑 smirk 😏 unamused 😒 face_with_rolling_eyes 🙄 grimacing 😬 ' +
  'relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 mask 😷 sunglasses 😎 nerd_face 🤓 confused 😕 worried 😟 ' +
  'slightly_frowning_face 🙁 open_mouth 😮 astonished 😲 flushed 😳 cry 😢 sob 😭 scream 😱 confounded 😖 ' +
  'disappointed 😞 sweat 😓 sweat_smile 😅 weary 😩 tired_face 😫 triumph 😤 rage 😡 angry 😠 exploding_head 🤯 ' +
  'partying_face 🥳 skull 💀 poop 💩 ghost 👻 robot_face 🤖 wave 👋 raised_hand ✋ ok_hand 👌 v ✌️ ' +
  'crossed_fingers 🤞 point_up ☝️ point_down 👇 point_left 👈 point_right 👉 clap 👏 raised_hands 🙌 pray 🙏 ' +
  'handshake 🤝 muscle 💪 eyes 👀 brain 🧠 heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 ' +
  'purple_heart 💜 broken_heart 💔 sparkles ✨ star ⭐ star2 🌟 zap ⚡ fire 🔥 boom 💥 tada 🎉 confetti_ball 🎊 ' +
  'balloon 🎈 gift 🎁 trophy 🏆 medal 🏅 100 💯 rocket 🚀 airplane ✈️ car 🚗 bike 🚲 house 🏠 office 🏢 coffee ☕ ' +
  'beer 🍺 beers 🍻 pizza 🍕 cake 🍰 birthday 🎂 doughnut 🍩 cookie 🍪 apple 🍎 seedling 🌱 evergreen_tree 🌲 ' +
  'sunny ☀️ cloud ☁️ rain_cloud 🌧️ snowflake ❄️ rainbow 🌈 earth_africa 🌍 bug 🐛 dog 🐶 cat 🐱 bird 🐦 ' +
  'white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ no_entry ⛔ no_entry_sign 🚫 warning ⚠️ ' +
  'rotating_light 🚨 question ❓ grey_question ❔ exclamation ❗ heavy_exclamation_mark ❗ bangbang ‼️ ' +
  'information_source ℹ️ red_circle 🔴 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 ' +
  'arrow_up ⬆️ arrow_down ⬇️ arrow_left ⬅️ arrow_right ➡️ recycle ♻️ hourglass ⌛ hourglass_flowing_sand ⏳ ' +
  'alarm_clock ⏰ stopwatch ⏱️ calendar 📅 date 📅 spiral_calendar_pad 🗓️ pushpin 📌 paperclip 📎 link 🔗 ' +
  'memo 📝 pencil 📝 pencil2 ✏️ bulb 💡 book 📖 books 📚 bookmark 🔖 newspaper 📰 clipboard 📋 ' +
  'chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 moneybag 💰 dollar 💵 credit_card 💳 ' +
  'email 📧 envelope ✉️ incoming_envelope 📨 package 📦 phone ☎️ iphone 📱 computer 💻 keyboard ⌨️ ' +
  'floppy_disk 💾 camera 📷 movie_camera 🎥 microphone 🎤 headphones 🎧 speech_balloon 💬 thought_balloon 💭 ' +
  'bell 🔔 no_bell 🔕 mega 📣 loudspeaker 📢 lock 🔒 unlock 🔓 key 🔑 wrench 🔧 hammer 🔨 gear ⚙️ shield 🛡️ ' +
  'construction 🚧 mag 🔍 test_tube 🧪 art 🎨 checkered_flag 🏁 triangular_flag_on_post 🚩';

const BY_NAME: ReadonlyMap<string, string> = new Map(pairsOf(PAIRS.split(' ')));

function* pairsOf(words: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i + 1 < words.length; i += 2) yield [words[i]!, words[i + 1]!];
}

/** The character for a short name; the name in colons when it is not known, e.g. a custom one. */
export function emoji(name: string): string {
  const [plain = name] = name.split('::');
  return BY_NAME.get(plain) ?? `:${plain}:`;
}

/** Slack writes an emoji's code points as `1f44d-1f3fb`. */
export function emojiFromCodePoints(unicode: string): string | undefined {
  const points = unicode.split('-').map((hex) => Number.parseInt(hex, 16));
  const valid = points.every((point) => point > 0 && point <= 0x10ffff);
  return valid ? String.fromCodePoint(...points) : undefined;
}

/** Every `:name:` in a text. */
export function replaceEmoji(text: string): string {
  return text.replace(/:([a-z0-9_+'-]+)(?:::skin-tone-\d)?:/g, (whole, name: string) => {
    const found = emoji(name);
    return found === `:${name}:` ? whole : found;
  });
}
