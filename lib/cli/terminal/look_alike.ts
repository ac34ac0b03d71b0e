/**
 * Letters, digits and signs that look alike in common fonts: each line starts with the one that stands for the others.
 * The list is not complete. It is meant to stop impersonation, so in doubt it treats characters as alike.
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
 * Returns the looks of a name: as it is, and in upper case, which may look like something else. Two names that share
 * one of them may be confused. Case, marks, spaces, width, style and script of letters do not count.
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
