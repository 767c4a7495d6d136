/** Dark or light: kept on this machine, shown on the page. Never decides which. */

const THEME_KEY = "dynamic-cover.theme";

interface Themed {
  dark: boolean;
  on(topics: readonly "theme"[], run: () => void): void;
}

export function keepTheme(model: Themed): void {
  model.dark = localStorage.getItem(THEME_KEY) !== "light";
  const show = () => {
    const theme = model.dark ? "dark" : "light";
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(THEME_KEY, theme);
  };
  model.on(["theme"], show);
  show();
}
