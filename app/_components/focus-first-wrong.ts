/**
 * After a refused submit the focus goes to the first wrong field, opening what hides it.
 *
 * @module
 */
export function focusFirstWrong(form: HTMLFormElement | null): void {
  // The notes are drawn first; then there is something to find.
  requestAnimationFrame(() => {
    const wrong = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
    wrong?.closest('details')?.setAttribute('open', '');
    wrong?.focus();
  });
}
