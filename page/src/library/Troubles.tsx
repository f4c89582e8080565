import type { Status } from "../api/types";
import { counted, fileName, folderName } from "../sound/format";

/** A longer list of files is cut here; the command line has all of them. */
const SHOWN = 200;

interface Trouble {
  title: string;
  files: { path: string; why: string }[];
}

/** What was skipped, damaged, silent or is gone, with the reasons. */
export function Troubles({ now }: { now: Status }) {
  const troubles: Trouble[] = [
    { title: "could not be read", files: now.skipped.map(({ path, reason }) => ({ path, why: reason })) },
    { title: "with damage", files: now.warnings.map(({ path, warning }) => ({ path, why: warning })) },
    { title: "silent", files: now.silent.map((path) => ({ path, why: "" })) },
    { title: "gone", files: now.missing.map((path) => ({ path, why: "" })) },
  ];
  const offline = now.roots.filter((root) => !root.online);
  const found = troubles.filter((trouble) => trouble.files.length > 0);
  return (
    <>
      {offline.map((root) => (
        <p key={root.name} class="problem" role="note">
          {root.path} is not connected: its {counted(root.recordings, "recording")} can be found but not played.
        </p>
      ))}
      {found.length === 0 ? (
        <p class="all-well">Every file was read.</p>
      ) : (
        found.map(({ title, files }) => (
          <details key={title} class="card panel trouble">
            <summary>
              <h2>
                {counted(files.length, "file")} {title}
              </h2>
            </summary>
            <ul>
              {files.slice(0, SHOWN).map(({ path, why }) => (
                <li key={path} title={path}>
                  <b>{fileName(path)}</b> <small>{folderName(path)}</small>
                  {why !== "" && <p>{why}</p>}
                </li>
              ))}
            </ul>
            {files.length > SHOWN && <p class="hint">The others are in soundalike status.</p>}
          </details>
        ))
      )}
    </>
  );
}
