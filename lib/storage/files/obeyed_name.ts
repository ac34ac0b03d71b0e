/** What a file name would have somebody's computer do. */

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

/** Whether a desktop, a browser, a shell or a tool would run or obey a file of this name. */
export function isObeyedFile(name: string): boolean {
  const folded = name.normalize("NFKC").toLowerCase();
  if (OBEYED_NAME.test(folded)) return !/\.jsonl?$/.test(folded);
  const dot = folded.lastIndexOf(".");
  if (dot < 0) return false;
  const extension = folded.slice(dot + 1).trim();
  return OBEYED.has(extension) || OBEYED_FAMILY.test(extension);
}

/** Whether a desktop takes a folder of this name for something else. */
export function isObeyedFolder(name: string): boolean {
  return OBEYED_FOLDER.test(name.normalize("NFKC"));
}

/** Whether a program would take a file of this name, met through `*`, for an option, a command or a list of files. */
export function isOption(name: string): boolean {
  return /^[-+@\u2010-\u2015\u2212]/u.test(name);
}
