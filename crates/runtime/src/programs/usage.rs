//! The usage texts of the busybox programs.

/// The first line of every usage text.
pub const BANNER: &str = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.";

/// What `NAME --help` prints.
pub fn text(name: &str) -> String {
    format!("{BANNER}\n\n{}\n", body(name))
}

fn body(name: &str) -> String {
    let body = match name {
        "sleep" => {
            "Usage: sleep [N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays"
        }
        "cat" => {
            "Usage: cat [-nbvteA] [FILE]...\n\nPrint FILEs to stdout\n\n\t-n\tNumber output lines\n\t-b\tNumber nonempty lines\n\t-v\tShow nonprinting characters as ^x or M-x\n\t-t\t...and tabs as ^I\n\t-e\t...and end lines with $\n\t-A\tSame as -vte"
        }
        "mkdir" => {
            "Usage: mkdir [-m MODE] [-p] DIRECTORY...\n\nCreate DIRECTORY\n\n\t-m MODE\tMode\n\t-p\tNo error if exists; make parent directories as needed"
        }
        "wc" => {
            "Usage: wc [-cmlwL] [FILE]...\n\nCount lines, words, and bytes for FILEs (or stdin)\n\n\t-c\tCount bytes\n\t-m\tCount characters\n\t-l\tCount newlines\n\t-w\tCount words\n\t-L\tPrint longest line length"
        }
        "grep" => {
            "Usage: grep [-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n\nSearch for PATTERN in FILEs (or stdin)"
        }
        "cp" => "Usage: cp [-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nCopy SOURCEs to DEST",
        "mv" => "Usage: mv [-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nRename SOURCE to DEST, or move SOURCEs to DIRECTORY",
        "rm" => "Usage: rm [-irf] FILE...\n\nRemove (unlink) FILEs\n\n\t-i\tAlways prompt before removing\n\t-f\tNever prompt\n\t-R,-r\tRecurse",
        "rmdir" => "Usage: rmdir [-p] DIRECTORY...\n\nRemove DIRECTORY if it is empty\n\n\t-p\tInclude parents",
        "ln" => "Usage: ln [-sfnbtv] [-S SUF] TARGET... LINK|DIR\n\nCreate a link LINK or DIR/TARGET to the specified TARGET(s)",
        "touch" => "Usage: touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...\n\nUpdate mtime of FILEs",
        "head" => "Usage: head [OPTIONS] [FILE]...\n\nPrint first 10 lines of FILEs (or stdin).\nWith more than one FILE, precede each with a filename header.",
        "tail" => {
            "Usage: tail [OPTIONS] [FILE]...\n\nPrint last 10 lines of FILEs (or stdin) to.\nWith more than one FILE, precede each with a filename header."
        }
        "chmod" => "Usage: chmod [-Rcvf] MODE[,MODE]... FILE...\n\nMODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]",
        "chown" => "Usage: chown [-Rhcvf]... USER[:[GRP]] FILE...\n\nChange the owner and/or group of FILEs to USER and/or GRP",
        "sed" => "Usage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...",
        "cut" => "Usage: cut [OPTIONS] [FILE]...\n\nPrint selected fields from FILEs to stdout",
        "tr" => "Usage: tr [-cds] STRING1 [STRING2]\n\nTranslate, squeeze, or delete characters from stdin, writing to stdout",
        "wget" => {
            "Usage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-Y on/off]\n\t[-P DIR] [-U AGENT] [-T SEC] URL...\n\nRetrieve files via HTTP or FTP"
        }
        "nslookup" => "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST",
        "ping" => "Usage: ping [OPTIONS] HOST\n\nSend ICMP ECHO_REQUESTs to HOST",
        "nc" => "Usage: nc [OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen",
        "timeout" => {
            "Usage: timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS\n\nRun PROG. Send SIG to it if it is not gone in SECS seconds.\nDefault SIG: TERM.If it still exists in KILL_SECS seconds, send KILL."
        }
        "xargs" => "Usage: xargs [OPTIONS] [PROG ARGS]\n\nRun PROG on every item given by stdin",
        "seq" => "Usage: seq [-w] [-s SEP] [FIRST [INC]] LAST\n\nPrint numbers from FIRST to LAST, in steps of INC.",
        "basename" => "Usage: basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...\n\nStrip directory path and SUFFIX from FILE",
        "dirname" => "Usage: dirname FILENAME\n\nStrip non-directory suffix from FILENAME",
        "date" => "Usage: date [OPTIONS] [+FMT] [[-s] TIME]\n\nDisplay time (using +FMT), or set time",
        "expr" => "Usage: expr EXPRESSION\n\nPrint the value of EXPRESSION",
        "printf" => "Usage: printf FORMAT [ARG]...\n\nFormat and print ARG(s) according to FORMAT (a-la C printf)",
        "hostname" => "Usage: hostname [-sidf] [HOSTNAME | -F FILE]\n\nShow or set hostname or DNS domain name",
        "id" => "Usage: id [-ugGnr] [USER]\n\nPrint information about USER or the current user",
        "which" => "Usage: which [-a] COMMAND...\n\nLocate COMMAND",
        "readlink" => "Usage: readlink [-fnv] FILE\n\nDisplay the value of a symlink",
        "base64" => "Usage: base64 [-d] [-w COL] [FILE]\n\nBase64 encode or decode FILE to standard output",
        "stat" => "Usage: stat [-ltf] [-c FMT] FILE...\n\nDisplay file (default) or filesystem status",
        "chroot" => "Usage: chroot NEWROOT [PROG ARGS]\n\nRun PROG with root directory set to NEWROOT",
        "kill" => "Usage: kill [-l] [-SIG] PID...\n\nSend a signal (default: TERM) to given PIDs",
        _ => return format!("Usage: {name}"),
    };
    body.to_owned()
}
