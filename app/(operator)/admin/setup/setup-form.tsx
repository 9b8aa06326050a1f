'use client';

import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../_components/button.tsx';
import { CheckBox, ChoiceList } from '../../../_components/choice.tsx';
import { Field, type FieldNote } from '../../../_components/field.tsx';
import { focusFirstWrong } from '../../../_components/focus-first-wrong.ts';
/** Five short sections with defaults. Or the demo network, where nothing is sent out. */
import { LiveForm } from '../../../_components/live-form.tsx';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { callRest } from '../../../_components/rest.ts';
import type { Problem, SetupView } from '../../../_queries/view-models.ts';
import { SetupSection } from './setup-section.tsx';
import {
  checkSetup,
  initialValues,
  type SetupFinding,
  type SetupValues,
  setupInputOf,
  withAsn,
} from './setup-values.ts';

type Props = { readonly token: string; readonly view: SetupView; readonly host: string };

export function SetupForm({ token, view, host }: Props) {
  const t = useTranslations('setup');
  const frame = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState(() => initialValues(view, host));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [isShowingAll, setShowingAll] = useState(false);
  const [fromServer, setFromServer] = useState<readonly SetupFinding[]>([]);
  const [busy, setBusy] = useState<'save' | 'demo'>();
  const [problem, setProblem] = useState<Problem>();
  const findings = [...checkSetup(values), ...fromServer].filter(
    ({ path }) => !isFixed(path) && (isShowingAll || left.has(path)),
  );

  function isFixed(path: string): boolean {
    return view.fixed[path] !== undefined;
  }
  const change = (part: Partial<SetupValues>): void => {
    setFromServer([]);
    setValues((before) => ({ ...before, ...part }));
  };
  const leave = (path: string) => () => setLeft((before) => new Set([...before, path]));
  const noteOf = (path: string): FieldNote | undefined => {
    const found = findings.find((each) => each.path === path || each.path.startsWith(`${path}.`));
    return found === undefined ? undefined : { severity: 'error', ...found };
  };
  /** What every text field of a setting needs. */
  const bind = (path: string, key: keyof SetupValues & string) => ({
    name: path,
    value: String(values[key]),
    note: noteOf(path),
    fixedBy: view.fixed[path],
    onChange: (text: string) => change({ [key]: text }),
    onLeave: leave(path),
  });

  const send = async (path: string, body: object): Promise<void> => {
    setProblem(undefined);
    const answer = await callRest<{ next: string }>('POST', path, { body: { token, ...body } });
    if (answer.isOk) {
      window.location.assign(answer.value.next);
      return;
    }
    setBusy(undefined);
    const errors = answer.problem.errors ?? [];
    setFromServer(errors);
    if (errors.length === 0) setProblem(answer.problem);
    else focusFirstWrong(frame.current);
  };
  const save = async (): Promise<void> => {
    setShowingAll(true);
    if (checkSetup(values).some(({ path }) => !isFixed(path))) {
      focusFirstWrong(frame.current);
      return;
    }
    setBusy('save');
    await send('/api/v1/setup', setupInputOf(values));
  };
  const demo = async (): Promise<void> => {
    setBusy('demo');
    await send('/api/v1/setup/demo', {});
  };

  return (
    <>
      {view.canDemo ? (
        <div className="mt-6 flex flex-wrap items-center gap-x-5 gap-y-3 rounded-card border border-line bg-surface p-5">
          <div className="min-w-60 flex-1">
            <h2 className="font-semibold text-section">{t('demoTitle')}</h2>
            <p className="text-text-2">{t('demoText')}</p>
          </div>
          <Button busy={busy === 'demo' && t('starting')} onClick={demo}>
            {t('demo')}
          </Button>
        </div>
      ) : null}
      <LiveForm
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (busy === undefined) save();
        }}
        ref={frame}
      >
        <ol>
          <SetupSection number={1} text={t('youText')} title={t('you')}>
            <Field
              {...bind('operatorName', 'operatorName')}
              autoComplete="username"
              label={t('operatorName')}
              maxLength={60}
            />
            <Field
              {...bind('password', 'password')}
              autoComplete="new-password"
              help={t('passwordHelp')}
              label={t('password')}
              type="password"
            />
          </SetupSection>
          <SetupSection number={2} text={t('networkText')} title={t('network')}>
            <Field
              {...bind('asn', 'asn')}
              inputMode="numeric"
              label={t('asn')}
              maxLength={12}
              onChange={(asn) => {
                setFromServer([]);
                setValues((before) => withAsn(before, asn));
              }}
              placeholder="4242420000"
              technical
            />
            <Field
              {...bind('networkName', 'networkName')}
              help={t('networkNameHelp')}
              isOptional
              label={t('networkName')}
              maxLength={60}
            />
          </SetupSection>
          <SetupSection number={3} text={t('nodeText')} title={t('node')}>
            <div className="grid gap-x-4 gap-y-5 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_84px]">
              <Field {...bind('node.name', 'name')} label={t('name')} maxLength={32} technical />
              <Field
                {...bind('node.place', 'place')}
                isOptional
                label={t('place')}
                maxLength={60}
                placeholder="Tokyo"
              />
              <Field
                {...bind('node.country', 'country')}
                label={t('country')}
                maxLength={2}
                placeholder="JP"
              />
            </div>
            <div className="grid gap-x-4 gap-y-5 md:grid-cols-2">
              <Field
                {...bind('node.addresses', 'addresses')}
                help={t('addressesHelp')}
                isOptional
                label={t('addresses')}
                placeholder={'172.21.128.1\nfd42:6000::1'}
                rows={2}
                technical
              />
              <Field
                {...bind('node.announce', 'announce')}
                help={t('announceHelp')}
                isOptional
                label={t('announce')}
                placeholder={'172.21.128.0/27\nfd42:6000::/48'}
                rows={2}
                technical
              />
            </div>
            <Field
              {...bind('node.linkLocal', 'linkLocal')}
              isFilledIn={values.linkLocal !== ''}
              label={t('linkLocal')}
              maxLength={60}
              technical
            />
          </SetupSection>
          <SetupSection number={4} text={t('reachText')} title={t('reach')}>
            <div className="grid gap-x-4 gap-y-5 md:grid-cols-[minmax(0,1fr)_140px]">
              <Field
                {...bind('node.endpoint', 'endpoint')}
                aside={
                  isFixed('node.endpoint') ? undefined : (
                    <CheckBox
                      isChecked={values.isUnreachable}
                      label={t('unreachable')}
                      name="isUnreachable"
                      onChange={(isUnreachable) => change({ isUnreachable })}
                    />
                  )
                }
                help={t(values.isUnreachable ? 'unreachableHelp' : 'endpointHelp')}
                isOff={values.isUnreachable}
                label={t('endpoint')}
                maxLength={253}
                placeholder="node.example.net"
                technical
              />
              <Field
                {...bind('node.listenPort', 'listenPort')}
                inputMode="numeric"
                label={t('port')}
                maxLength={5}
                technical
              />
            </div>
          </SetupSection>
          <SetupSection number={5} text={t('registryText')} title={t('registry')}>
            {isFixed('registry') ? (
              <p className="text-text-2">{t('fixedBy', { where: view.fixed.registry ?? '' })}</p>
            ) : (
              <>
                <ChoiceList
                  choices={(['git', 'directory', 'none'] as const).map((kind) => ({
                    value: kind,
                    title: t(`registryKind.${kind}.title`),
                    text: t(`registryKind.${kind}.text`),
                  }))}
                  isLegendHidden
                  legend={t('registry')}
                  name="registryKind"
                  onChange={(kind) => change({ registryKind: kind as SetupValues['registryKind'] })}
                  value={values.registryKind}
                />
                {values.registryKind === 'git' ? (
                  <Field {...bind('registry.url', 'registryUrl')} label={t('gitUrl')} technical />
                ) : values.registryKind === 'directory' ? (
                  <Field
                    {...bind('registry.path', 'registryPath')}
                    help={t('pathHelp')}
                    label={t('path')}
                    placeholder="/srv/dn42-registry"
                    technical
                  />
                ) : null}
              </>
            )}
            {isFixed('approval') ? null : (
              <ChoiceList
                asCards
                choices={(['automatic', 'manual'] as const).map((kind) => ({
                  value: kind,
                  title: t(`approvalKind.${kind}.title`),
                  text: t(`approvalKind.${kind}.text`),
                }))}
                legend={t('approval')}
                name="approval"
                onChange={(approval) => change({ approval: approval as SetupValues['approval'] })}
                value={values.approval}
              />
            )}
          </SetupSection>
        </ol>
        <ProblemNote problem={problem} />
        <div className="mt-6 flex flex-wrap items-center gap-4">
          <Button
            busy={busy === 'save' && t('saving')}
            className="max-md:w-full"
            size="large"
            type="submit"
            variant="primary"
          >
            {t('save')}
          </Button>
          <p aria-live="polite" className="text-small">
            {findings.length === 0 ? (
              <span className="text-text-2">{t('saveText')}</span>
            ) : (
              <span className="text-bad">{t('toCorrect', { count: findings.length })}</span>
            )}
          </p>
        </div>
      </LiveForm>
    </>
  );
}
