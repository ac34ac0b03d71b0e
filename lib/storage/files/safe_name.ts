import { NAME_MAX } from "../../protocol/limits.ts";
import { cutGraphemes } from "../../protocol/utf8.ts";

/** Invisible characters: zero-width characters, directional marks, variation selectors, fillers. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Characters that are removed from file names: controls; those that Windows forbids (such as separators, and the colon
 * of alternate streams); lookalikes of separators, colons and dots; line separators; private-use and non-characters;
 * the blank Braille cell.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}<>:"/\\|?*\u2024\u2025\u2044\u2215\u2216\u2236\u2571\u2572\u27cb\u27cd\u2800\u29f5\u29f8\u29f9\ua789\ufe52\ufe55\ufe68\uff0e\uff0f\uff1a\uff3c]/gu;

/** Device names on Windows, which are reserved with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)/iu;

/** The extension: it stays when a name is cut, and follows a number. */
const EXTENSION = /(?<=.)\.[\p{L}\p{N}]{1,8}$/u;

/** Names that are safe as they are: a fast path for most. */
const PLAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;
const PLAIN_JSON = /^[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_-]+)*\.jsonl?$/i;

const encoder = new TextEncoder();

/**
 * Makes a file name of any text: one path segment that is valid on every file system. It has no invisible characters,
 * is never hidden and so never collides with a temporary name, and no program takes it for an option. A name that a
 * program would run or obey gets `.json` appended. At most {@linkcode NAME_MAX} bytes; a name that is cut keeps its
 * extension.
 */
export function safeName(text: string): string {
  if (text.length < NAME_MAX && PLAIN_JSON.test(text) && !RESERVED.test(text)) return text;
  const name = clean(text, "document.json");
  return isObeyedFile(name) ? fit(`${name}.json`, "") : name;
}

/** The end of a short name by which Windows finds another folder, as `ALICE-~1` finds `alice-laptop`. */
const SHORT_NAME = /~(?=\d)/g;

/** Makes a folder name of any text, as safe as a {@linkcode safeName}, that leads to no folder of another name. */
export function safeFolderName(text: string): string {
  const name = clean(text, "peer").replace(SHORT_NAME, "_");
  return isObeyedFolder(name) ? fit(name.replaceAll(/[.{}]/g, "_"), "") : name;
}

function clean(text: string, fallback: string): string {
  // A limit before the work: a hostile text may be long.
  const cleaned = trim(
    text.slice(0, 8 * NAME_MAX).toWellFormed().replace(INVISIBLE, "").normalize("NFC")
      .replace(/\p{Zs}/gu, " ").replace(FORBIDDEN, "_"),
  );
  return fit(cleaned || fallback, "");
}

/** Inserts `suffix` before the extension of a safe name: `reading.json` and `-2` give `reading-2.json`. */
export function suffixedName(name: string, suffix: string): string {
  return fit(name, suffix);
}

/** Returns the same key for names that some file system treats as the same. In doubt, names get the same key. */
export function foldName(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase();
  // Lower case first: the capital sharp s has no upper case, and becomes the small one.
  return name.normalize("NFKD").toLowerCase().toUpperCase().toLowerCase().normalize("NFC");
}

/** Inserts `suffix` before the extension, and cuts the stem at a character so that it fits. */
function fit(name: string, suffix: string): string {
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - extension.length);
  const guard = RESERVED.test(name) || isOption(name) ? "_" : "";
  return guard + cut(stem, NAME_MAX - byteLength(guard + suffix + extension)) + suffix + extension;
}

/** Cuts a text to at most `max` bytes so that its end is still valid in a name. */
function cut(text: string, max: number): string {
  return byteLength(text) <= max ? text : trim(cutGraphemes(text, max)) || "_";
}

function trim(text: string): string {
  return text.replace(/^[. ]+|[. ]+$/g, "");
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** Extensions of files that a desktop, a browser or a shell runs or obeys, without the dot. */
const OBEYED = new Set(
  // Windows: programs, scripts, shortcuts, settings, and files that open others.
  `ade adp accda accde accdr appcontent-ms application appref-ms appx appxbundle appinstaller asa asp aspx asx bas bat bgi cab
  cer chm cmd cnt com config contact cpl crt csh der desklink deskthemepack diagcab diagcfg diagpkg dll docm dotm drv exe
  fon fxp gadget grp group hlp hpj hta htc htt inf ini ins iqy isp its jar jnlp job js jse key ksh lnk mad maf mag mam maq mar
  mas mat mau mav maw mcf mda mdb mde mdt mdw mdz mht mhtml mof msc msh msi msix msixbundle msp mst msu oqy ocx ops osd pcd
  pif plg potm ppam ppsm pptm prf prg printerexport ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psm1 psrc pssc pst pyz pyzw rdp reg
  rgs rqy scf scr sct shb shs sldm slk swf sys theme themepack udl url vb vba vbe vbp vbs vbscript vhd vhdx vsix vsmacros vsw
  vxd wbk webpnp website wiz ws wsc wsf wsh xaml xbap xla xlam xll xlm xlsb xlsm xltm xnk xps zfsendtotarget
  htm html shtm shtml xht xhtm xhtml phtml php php3 php4 php5 php7 phar svg svgz xml xsl xslt xul rss atom mjs cjs wasm
  jsp cgi fcgi desktop directory kdelnk service socket timer mount automount plasmoid flatpakref flatpakrepo snap deb rpm
  appimage run bin out elf so sh bash zsh fish dash tcsh command tool py pyc pyo pyw pl pm rb lua tcl awk r jl el elc vim
  exrc app action workflow scpt scptd applescript osa osax terminal term fileloc inetloc afploc ftploc mailloc webloc
  webarchive mobileconfig mobileprovision pkg mpkg dmg iso img prefpane saver wdgt qlgenerator bundle framework plugin kext
  plist dylib definition class ts mts cts gadget nix mk cmake gemspec podspec gradle groovy kts ninja envrc`
    .split(/\s+/),
);

/** Patterns of such extensions. */
const OBEYED_FAMILY = /^(?:.*-ms|php\d*|ps\d+(?:xml)?|p?html?\d*|msh\d(?:xml)?)$/;

/** Whole names that a desktop, a server or a tool obeys in any folder. */
const OBEYED_NAME =
  /^(?:(?:gnu|bsd)?makefile|justfile|dockerfile|containerfile|jenkinsfile|vagrantfile|rakefile|gemfile|guardfile|procfile|snakefile|brewfile|podfile|sconstruct|sconscript|wscript|cmakelists\.txt|htaccess|htpasswd|envrc|exrc|vimrc|gdbinit|bashrc|profile|bash_profile|zshrc|crontab|authorized_keys|rhosts|directory|ds_store|thumbs\.db|autorun\..*|desktop\..*|folder\..*)$/;

/** Folder names that a system treats as programs or other special objects. */
const OBEYED_FOLDER =
  /\.(?:app|bundle|framework|plugin|kext|workflow|action|scptd|m?pkg|prefpane|saver|wdgt|qlgenerator|mdimporter|component|service|appex|xpc|osax|lproj|rtfd|\{[^}]*\})$/iu;

/** Tells whether a desktop, a browser, a shell or a tool would run or obey a file of this name. */
function isObeyedFile(name: string): boolean {
  const folded = name.normalize("NFKC").toLowerCase();
  if (OBEYED_NAME.test(folded)) return !/\.jsonl?$/.test(folded);
  const dot = folded.lastIndexOf(".");
  if (dot < 0) return false;
  const extension = folded.slice(dot + 1).trim();
  return OBEYED.has(extension) || OBEYED_FAMILY.test(extension);
}

/** Tells whether a desktop treats a folder of this name specially. */
function isObeyedFolder(name: string): boolean {
  return OBEYED_FOLDER.test(name.normalize("NFKC"));
}

/** Tells whether a program would take a file of this name, from `*`, for an option, a command or a list of files. */
function isOption(name: string): boolean {
  return /^[-+@\u2010-\u2015\u2212]/u.test(name);
}
