/**
 * After a refused submit the focus goes to the first wrong field, opening what hides it.
 *
 * @module
 */
/** Frames to wait for the notes: a busy browser draws them late. */
const FRAMES = 30;

export function focusFirstWrong(form: HTMLFormElement | null, frames = FRAMES): void {
  // The notes are drawn first; then there is something to find.
  requestAnimationFrame(() => {
    const wrong = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (wrong == null) {
      if (frames > 0) focusFirstWrong(form, frames - 1);
      return;
    }
    wrong.closest('details')?.setAttribute('open', '');
    wrong.focus();
  });
}
