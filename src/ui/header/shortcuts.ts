/** What the keyboard does, for the help dialog. The page's own keys are handled in Keyboard.svelte. */
export interface Shortcut {
    keys: string[];
    does: string;
}

export const shortcuts: readonly { title: string; list: readonly Shortcut[] }[] = [
    {
        title: "Everywhere",
        list: [
            { keys: ["F1"], does: "This help" },
            { keys: ["Alt", "1"], does: "To the lesson" },
            { keys: ["Alt", "2"], does: "To the editor" },
            { keys: ["Alt", "3"], does: "To the terminal" },
            { keys: ["Alt", "4"], does: "To the preview" },
            { keys: ["Alt", "5"], does: "To the network" },
            { keys: ["F6"], does: "To the next pane; works in the terminal too" },
            { keys: ["Alt", "Enter"], does: "Check the current step" },
            { keys: ["← ↑ → ↓"], does: "On a divider: resize the panes" },
        ],
    },
    {
        title: "Editor",
        list: [
            { keys: ["Ctrl", "S"], does: "Save now (it saves by itself, too)" },
            { keys: ["Ctrl", "Space"], does: "Suggest" },
            { keys: ["Ctrl", "F"], does: "Find" },
            { keys: ["Ctrl", "/"], does: "Comment or uncomment" },
            { keys: ["Delete"], does: "On a tab: close the file" },
            { keys: ["Ctrl", "M"], does: "Let Tab move the focus instead of indenting" },
        ],
    },
    {
        title: "Files",
        list: [
            { keys: ["Enter"], does: "Open" },
            { keys: ["F2"], does: "Rename" },
            { keys: ["Delete"], does: "Delete (can be undone)" },
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
