/** Keyboard shortcuts for the help dialog. Keyboard.svelte handles the page's own keys. */
export interface Shortcut {
    keys: string[];
    does: string;
}

export const shortcuts: readonly { title: string; list: readonly Shortcut[] }[] = [
    {
        title: "Everywhere",
        list: [
            { keys: ["F1"], does: "Open this help" },
            { keys: ["Alt", "1"], does: "Go to the lesson" },
            { keys: ["Alt", "2"], does: "Go to the editor" },
            { keys: ["Alt", "3"], does: "Go to the terminal" },
            { keys: ["Alt", "4"], does: "Go to the preview" },
            { keys: ["Alt", "5"], does: "Go to the network panel" },
            { keys: ["F6"], does: "Go to the next pane; also works in the terminal" },
            { keys: ["Alt", "Enter"], does: "Check the current step" },
            { keys: ["← ↑ → ↓"], does: "On a divider: resize the panes" },
        ],
    },
    {
        title: "Editor",
        list: [
            { keys: ["Ctrl", "S"], does: "Save now (files are also saved automatically)" },
            { keys: ["Ctrl", "Space"], does: "Show suggestions" },
            { keys: ["Ctrl", "F"], does: "Find" },
            { keys: ["Ctrl", "/"], does: "Comment or uncomment lines" },
            { keys: ["Delete"], does: "On a tab: close the file" },
            { keys: ["Ctrl", "M"], does: "Make Tab move the focus instead of indenting" },
        ],
    },
    {
        title: "Files",
        list: [
            { keys: ["Enter"], does: "Open" },
            { keys: ["F2"], does: "Rename" },
            { keys: ["Delete"], does: "Delete (you can undo it)" },
        ],
    },
    {
        title: "Terminal",
        list: [
            { keys: ["Ctrl", "C"], does: "Interrupt the program" },
            { keys: ["Ctrl", "Shift", "C"], does: "Copy" },
            { keys: ["Ctrl", "Shift", "V"], does: "Paste" },
            { keys: ["Delete"], does: "On a tab: close the terminal" },
        ],
    },
];
