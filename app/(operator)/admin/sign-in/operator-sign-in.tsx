'use client';

import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../_components/button.tsx';
import { Field } from '../../../_components/field.tsx';
import { LiveForm } from '../../../_components/live-form.tsx';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { callRest } from '../../../_components/rest.ts';
import type { Problem } from '../../../_queries/view-models.ts';

export function OperatorSignIn() {
  const t = useTranslations('operator');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const signIn = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const answer = await callRest('POST', '/api/v1/auth/operator', { body: { name, password } });
    // A full load: header and rights change everywhere.
    if (answer.isOk) window.location.assign('/admin');
    else {
      setBusy(false);
      setProblem(answer.problem);
    }
  };
  return (
    <LiveForm
      className="space-y-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) signIn();
      }}
    >
      <Field
        autoComplete="username"
        label={t('name')}
        maxLength={60}
        name="name"
        onChange={setName}
        value={name}
      />
      <Field
        autoComplete="current-password"
        label={t('password')}
        maxLength={1000}
        name="password"
        onChange={setPassword}
        type="password"
        value={password}
      />
      <ProblemNote problem={problem} />
      <Button
        busy={isBusy && t('signingIn')}
        className="w-full"
        size="large"
        type="submit"
        variant="primary"
      >
        {t('signIn')}
      </Button>
    </LiveForm>
  );
}
