'use client';

/** 500 when even the layout failed: no words from messages, no frame, only what always works. */
import { FailurePage } from './_components/failure-page.tsx';
import './globals.css';

export default function PortalFailed({ error }: { readonly error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <main className="mx-auto max-w-[1280px] px-4 md:px-8 lg:px-18">
          <FailurePage
            action={
              <a className="link" href="/">
                Start page
              </a>
            }
            code="INTERNAL"
            reference={error.digest}
            text="The portal failed. Peerings run on without it. The operator finds the reason in the log."
            title="This page could not be made"
          />
        </main>
      </body>
    </html>
  );
}
