'use client';

/**
 * Sends a change of the mesh, or has it judged only; keeps what was found.
 *
 * @module
 */
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import type { FieldNote } from '../../../../_components/field.tsx';
import { focusFirstWrong } from '../../../../_components/focus-first-wrong.ts';
import { callRest } from '../../../../_components/rest.ts';
import { showToast } from '../../../../_components/toast.tsx';
import type { MeshFindingObject, Problem } from '../../../../_queries/view-models.ts';

type MeshChange = {
  readonly busy: 'check' | 'send' | undefined;
  /** Null: nothing was judged yet, or it was changed since. */
  readonly findings: readonly MeshFindingObject[] | null;
  /** A refusal that concerns no field. */
  readonly problem: Problem | undefined;
  readonly form: React.RefObject<HTMLFormElement | null>;
  check(body: unknown): Promise<void>;
  /** Whether it was taken. */
  send(body: unknown, done: string): Promise<boolean>;
  /** What was found is not true of other values. */
  forget(): void;
  /** What was found at a place. */
  noteAt(path: string): FieldNote | undefined;
};

export function useMeshChange(node: string): MeshChange {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState<MeshChange['busy']>();
  const [findings, setFindings] = useState<readonly MeshFindingObject[] | null>(null);
  const [problem, setProblem] = useState<Problem>();

  const put = async (what: 'check' | 'send', body: object): Promise<boolean> => {
    setBusy(what);
    setProblem(undefined);
    const answer = await callRest<{ readonly findings: readonly MeshFindingObject[] }>(
      'PUT',
      `/api/v1/admin/nodes/${encodeURIComponent(node)}/mesh`,
      { body },
    );
    setBusy(undefined);
    if (answer.isOk) setFindings(answer.value.findings);
    else if (answer.problem.errors === undefined) setProblem(answer.problem);
    else setFindings(answer.problem.errors.map((error) => ({ ...error, severity: 'error' })));
    focusFirstWrong(form.current);
    return answer.isOk;
  };
  return {
    busy,
    findings,
    problem,
    form,
    async check(body) {
      await put('check', { ...(body as object), dryRun: true });
    },
    async send(body, done) {
      const isTaken = await put('send', body as object);
      if (isTaken) {
        showToast(done);
        router.refresh();
      }
      return isTaken;
    },
    forget() {
      setFindings(null);
      setProblem(undefined);
    },
    noteAt: (path) => findings?.find((finding) => finding.path === path),
  };
}
