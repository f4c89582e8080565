import { useEffect } from "preact/hooks";
import { tokenWanted } from "../api/request";
import { LibraryPage } from "../library/LibraryPage";
import { MapPage } from "../map/MapPage";
import { DropZone } from "../query/DropZone";
import { SearchPage } from "../query/SearchPage";
import { RecordingPage } from "../recording/RecordingPage";
import { route } from "../state/router";
import { Empty } from "./Empty";
import { Header } from "./Header";
import { HelpOverlay } from "./HelpOverlay";
import { keepKeys } from "./keys";
import { LogIn } from "./LogIn";
import { Notices } from "./Notices";

/** Everything on the page. */
export function App() {
  useEffect(keepKeys, []);
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Header />
      <main id="content" tabIndex={-1}>
        {tokenWanted.value ? <LogIn /> : <CurrentPage />}
      </main>
      <DropZone />
      <HelpOverlay />
      <Notices />
    </>
  );
}

function CurrentPage() {
  const current = route.value;
  switch (current.page) {
    case "search":
      return <SearchPage />;
    case "map":
      return <MapPage />;
    case "library":
      return <LibraryPage />;
    case "recording":
      return <RecordingPage key={current.id} id={current.id} at_s={current.at_s} />;
    case "unknown":
      return <Empty title="There is no such page" text="The search is one click away, up there." />;
  }
}
