/**
 * Letters, digits and signs that are drawn much like others in common fonts, each line the ones that are taken for its
 * first. It is no complete list: it stops whoever wants to pass for somebody, and rather joins too many than too few.
 */
const ALIKE = `
a αаɑᴀΑАᎪ
b ʙƀвьъΒВЬЪᏴ
c сϲᴄ¢СϹᏟ
d ԁᴅđðɖᎠ
e еєᴇ℮ɛεΕЕЄᎬ
f ƒϝ
g ɡɢցԌᏀ
h һհħʜнΗНҺᎻ
i1l|!іιӏıɩɪłʟїΙІӀᏞᎥǀ∣ןו١۱
j јᴊյЈϳᎫ
k кκᴋΚКᏦ
m мᴍΜМᎷ
n пηոռɴΝП
o0 οоօσøᴏΟООѳס०০೦٥۵
p рρᴘΡРᏢ
q ԛգ
r гʀᴦᎡ
s ѕꜱЅᏚ
t тτᴛŧΤТᎢ
u υսᴜʋцՍ
v ѵνᴠѴᏙ
w ωшԝᴡШԜᎳ
x хχ×ΧХ
y уүγʏΥУҮᎩ
z ζᴢΖᏃ
3 зӡЗ
6 б
- ‐‑‒–—―−_ー
' ’‘ʼ´"“”
`;

const LOOKS = new Map(
  ALIKE.trim().split("\n").flatMap((line) => {
    const [look] = line;
    return [...line.replaceAll(" ", "")].map((character) => [character, look!] as const);
  }),
);

/**
 * How a name looks, as it is and in upper case, which may look like something else: two names that have one of these in
 * common may be taken for each other. Letter case, marks, spaces, width and style of letters and the script they are
 * from do not count.
 */
export function looksOf(name: string): string[] {
  const letters = name.normalize("NFKD").replace(/[\p{M}\s]/gu, "");
  return [...new Set([drawn(letters), drawn(letters.toUpperCase())])];
}

function drawn(letters: string): string {
  const looks = [...letters].map((letter) =>
    LOOKS.get(letter) ?? LOOKS.get(letter.toLowerCase()) ?? letter.toLowerCase()
  );
  return looks.join("").replaceAll("rn", "m").replaceAll("vv", "w");
}
