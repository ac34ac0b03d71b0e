import { NAME_MAX } from "../../protocol/limits.ts";
import { cutGraphemes } from "../../protocol/utf8.ts";

/** Has no looks of its own: zero-width characters, directional marks, variation selectors, fillers. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * What no file name gets: controls, what Windows forbids (separators and the colon of alternate streams among them),
 * what looks like a separator, a colon or a dot, line separators, private and non-characters, the blank Braille cell.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}<>:"/\\|?*\u2024\u2025\u2044\u2215\u2216\u2236\u2571\u2572\u27cb\u27cd\u2800\u29f5\u29f8\u29f9\ua789\ufe52\ufe55\ufe68\uff0e\uff0f\uff1a\uff3c]/gu;

/** Names that are devices on Windows, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)/iu;

/** What is kept when a name is cut, and stays behind a number. */
const EXTENSION = /(?<=.)\.[\p{L}\p{N}]{1,8}$/u;

/** Most names are good as they are: the short way for them. */
const PLAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;
const PLAIN_JSON = /^[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_-]+)*\.jsonl?$/i;

const encoder = new TextEncoder();

/**
 * A file name made of any text: one path segment, good on every file system, visible as it is, and never hidden, so that
 * it cannot meet a temporary name. No program takes it for an option; what one would run or obey gets `.json` behind it.
 * At most {@linkcode NAME_MAX} bytes; if it is cut, its extension stays.
 */
export function safeName(text: string): string {
  if (text.length < NAME_MAX && PLAIN_JSON.test(text) && !RESERVED.test(text)) return text;
  const name = clean(text, "document.json");
  return isObeyedFile(name) ? fit(`${name}.json`, "") : name;
}

/** Name of a folder made of any text, as good as {@linkcode safeName} is for a file. */
export function safeFolderName(text: string): string {
  const name = clean(text, "peer");
  return isObeyedFolder(name) ? fit(name.replaceAll(/[.{}]/g, "_"), "") : name;
}

function clean(text: string, fallback: string): string {
  // Nobody names a file with thousands of characters: bounds the work on a hostile text.
  const cleaned = trim(
    text.slice(0, 8 * NAME_MAX).toWellFormed().replace(INVISIBLE, "").normalize("NFC")
      .replace(/\p{Zs}/gu, " ").replace(FORBIDDEN, "_"),
  );
  return fit(cleaned || fallback, "");
}

/** A safe name with `suffix` before its extension: `reading.json` and `-2` give `reading-2.json`. */
export function suffixedName(name: string, suffix: string): string {
  return fit(name, suffix);
}

/**
 * Gives what two names have in common that some file system takes for the same one. It rather says too often that two names
 * meet than too seldom.
 */
export function foldName(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase();
  return name.normalize("NFKD").toUpperCase().toLowerCase().normalize("NFC");
}

/** Puts `suffix` before the extension and cuts the stem, on a character, to what fits. */
function fit(name: string, suffix: string): string {
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - extension.length);
  const guard = RESERVED.test(name) || isOption(name) ? "_" : "";
  return guard + cut(stem, NAME_MAX - byteLength(guard + suffix + extension)) + suffix + extension;
}

/** As much of the text as fits into `max` bytes; its end is as good an end of a name as the whole one was. */
function cut(text: string, max: number): string {
  return byteLength(text) <= max ? text : trim(cutGraphemes(text, max)) || "_";
}

function trim(text: string): string {
  return text.replace(/^[. ]+|[. ]+$/g, "");
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** Extensions that a desktop, a browser or a shell runs or obeys, without the dot. */
const OBEYED = new Set(
  // Windows: programs, scripts, shortcuts, settings, and what opens others.
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

/** Families of such extensions. */
const OBEYED_FAMILY = /^(?:.*-ms|php\d*|ps\d+(?:xml)?|p?html?\d*|msh\d(?:xml)?)$/;

/** Whole names that a desktop, a server or a tool obeys in whatever folder it finds them. */
const OBEYED_NAME =
  /^(?:(?:gnu|bsd)?makefile|justfile|dockerfile|containerfile|jenkinsfile|vagrantfile|rakefile|gemfile|guardfile|procfile|snakefile|brewfile|podfile|sconstruct|sconscript|wscript|cmakelists\.txt|htaccess|htpasswd|envrc|exrc|vimrc|gdbinit|bashrc|profile|bash_profile|zshrc|crontab|authorized_keys|rhosts|directory|ds_store|thumbs\.db|autorun\..*|desktop\..*|folder\..*)$/;

/** Folders that a system takes for programs or for something other than a folder. */
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

/** Tells whether a desktop takes a folder of this name for something else. */
function isObeyedFolder(name: string): boolean {
  return OBEYED_FOLDER.test(name.normalize("NFKC"));
}

/** Tells whether a program would take a file of this name, met through `*`, for an option, a command or a list of files. */
function isOption(name: string): boolean {
  return /^[-+@\u2010-\u2015\u2212]/u.test(name);
}
