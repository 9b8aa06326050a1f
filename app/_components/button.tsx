/**
 * Buttons, and links that look like one. One yellow per page.
 *
 * Not standardized; design §4 "button". A button that cannot be pressed stays focusable: it gets
 * `aria-disabled` and the id of the sentence that says why.
 */
import { clsx } from 'clsx';
import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import { StateShape } from './state-shape.tsx';

export type ButtonVariant = 'primary' | 'plain' | 'quiet' | 'danger';
export type ButtonSize = 'normal' | 'small' | 'large';

const VARIANT: Record<ButtonVariant, string> = {
  primary:
    'border-accent-edge bg-accent font-semibold text-on-accent hover:bg-accent-hover active:bg-accent-press',
  plain: 'border-line-2 bg-surface hover:bg-sunken active:bg-sunken',
  quiet: 'border-transparent hover:bg-sunken active:bg-sunken',
  danger: 'border-line-2 bg-surface text-bad hover:bg-bad-soft active:bg-bad-soft',
};
const SIZE: Record<ButtonSize, string> = {
  small: 'min-h-8 px-3 text-small max-md:min-h-11',
  normal: 'min-h-9 px-3.5 text-body max-md:min-h-11 max-md:text-phone',
  large: 'min-h-11 px-5 text-section max-md:min-h-12',
};

export const buttonClass = (
  variant: ButtonVariant = 'plain',
  size: ButtonSize = 'normal',
): string =>
  clsx(
    'inline-flex items-center justify-center gap-2 whitespace-nowrap rounded-control border',
    'font-medium transition-colors duration-120',
    'aria-disabled:cursor-not-allowed aria-disabled:border-dashed aria-disabled:border-control aria-disabled:bg-transparent aria-disabled:text-text-3',
    SIZE[size],
    VARIANT[variant],
  );

type Look = { readonly variant?: ButtonVariant; readonly size?: ButtonSize };

type ButtonProps = Look &
  Omit<ComponentProps<'button'>, 'disabled'> & {
    /** At work: keeps its width, shows a half disc and this word. */
    readonly busy?: string | false;
    /** Cannot be pressed now; the id of the sentence that says why. */
    readonly blockedBy?: string | undefined;
  };

export function Button({
  variant,
  size,
  busy = false,
  blockedBy,
  className,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  const isOff = busy !== false || blockedBy !== undefined;
  return (
    <button
      {...rest}
      {...(blockedBy === undefined ? {} : { 'aria-disabled': true, 'aria-describedby': blockedBy })}
      aria-busy={busy !== false || undefined}
      className={clsx(buttonClass(variant, size), className)}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.(event);
      }}
      type={type}
    >
      {busy === false ? children : <Busy word={busy}>{children}</Busy>}
    </button>
  );
}

export function ButtonLink({
  variant,
  size,
  className,
  ...rest
}: Look & ComponentProps<typeof Link>) {
  return <Link {...rest} className={clsx(buttonClass(variant, size), className)} />;
}

/** The label stays in place unseen, so the width does not change. */
function Busy({ word, children }: { readonly word: string; readonly children: ReactNode }) {
  return (
    <span className="grid">
      <span aria-hidden="true" className="invisible flex items-center gap-2 [grid-area:1/1]">
        {children}
      </span>
      <span className="flex items-center justify-center gap-2 [grid-area:1/1]">
        <StateShape kind="busy" />
        {word}
      </span>
    </span>
  );
}
